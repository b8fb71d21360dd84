"""Optimizers of torch, of packages and of files: their steps, their groups and their state."""

import fnmatch
import inspect
import warnings

import prodigyopt
import pytest
import pytorch_optimizer
import schedulefree
import torch
from torch import nn

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet, image_set
from lr_atlas.training.loop import train
from lr_atlas.training.optimizer_groups import Group, parameter_groups
from lr_atlas.training.optimizer_state import effective_rate
from lr_atlas.training.parts import count_own_files_from, load_part
from lr_atlas.training.random_streams import seed_others
from lr_atlas.training.steps.autograd import AutogradSteps
from lr_atlas.training.trainer import Trainer
from lr_atlas.training.transforms.scale import scale

ADAMW = {"name": "adamw", "lr": 0.003}
RUNS = {
    "nesterov": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True},
    "adamw": ADAMW,
    "muon": {"name": "muon", "lr": 0.02, "rest": ADAMW},
    "muon, few decayed": {"name": "muon", "lr": 0.02, "rest": ADAMW, "decay": "matrices"},
    "schedule-free": {"name": "schedulefree:AdamWScheduleFree", "lr": 0.01, "warmup_steps": 3},
    "soap": {"name": "pytorch_optimizer:SOAP", "lr": 0.003, "precondition_frequency": 2},
    "prodigy": {"name": "prodigyopt:Prodigy", "lr": 1.0},
    "lbfgs": {"name": "lbfgs", "lr": 0.5, "max_iter": 4, "history_size": 3},
    "multipliers": {**ADAMW, "multipliers": {"4": 0.1, "*.bias": 2.0}, "decay": "matrices"},
}


def network():
    """A convolutional network with two hidden matrices, one of them a kernel."""
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(36, 8), nn.Tanh(), nn.Linear(8, 5)),
    )


def examples(count=64):
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (count, 2, 6, 6), dtype=torch.uint8, generator=generator)
    return ImageSet(images, torch.randint(0, 5, (count,), generator=generator))


def steps_of(optimizer, made=None, **other):
    configuration = complete_configuration(
        {
            "dataset": "made up",
            "seed": 0,
            "batch_size": 16,
            "model": {"name": "nets.py:Net", "arguments": {}},
            "optimizer": optimizer,
            **other,
        }
    )
    return AutogradSteps(made or network(), configuration, examples(), Form((2, 6, 6), 5))


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def by_hand(made, chosen, steps=3, closure=False, groups=None, **arguments):
    """The weights of a network that a class trains by itself, as its authors would."""
    optimizer = chosen(groups or made.parameters(), **arguments)
    assert "lr" in optimizer.param_groups[0], "it has no place for the rate"
    if hasattr(optimizer, "train"):
        optimizer.train()
    made.train()
    data = examples()

    def loss_of(step):
        batch = slice(16 * step, 16 * step + 16)
        optimizer.zero_grad()
        factor, summand = scale([0.0, 1.0])
        inputs = data.images[batch].float().mul_(factor).add_(summand)
        inputs = inputs.contiguous(memory_format=torch.channels_last).to(made[0].weight.dtype)
        loss = nn.functional.cross_entropy(made(inputs), data.labels[batch])
        loss.backward()
        return loss

    for step in range(steps):
        torch.manual_seed(step)
        seed_others(step)
        if closure:
            optimizer.step(lambda step=step: loss_of(step))
        else:
            loss_of(step)
            optimizer.step()
    return [parameter.detach() for parameter in made.parameters()]


#: Classes of the package that cannot train by themselves: a wrapper, a graph of the gradients, …
ALONE = {
    name: member
    for name, member in vars(pytorch_optimizer).items()
    if inspect.isclass(member)
    and issubclass(member, torch.optim.Optimizer)
    and member.__module__.startswith("pytorch_optimizer")
}


@pytest.mark.parametrize("name", sorted(ALONE))
def test_a_class_of_a_package_takes_the_steps_that_it_takes_by_itself(name):
    chosen = ALONE[name]
    if "lr" not in inspect.signature(chosen).parameters:
        pytest.skip("it has no learning rate of its own")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            torch.manual_seed(0)
            expected = by_hand(network(), chosen, lr=0.01)
        except Exception as error:
            pytest.skip(f"alone it does not train this network: {type(error).__name__}: {error}")
        trained = steps_of({"name": f"pytorch_optimizer:{name}", "lr": 0.01})
        for step in range(3):
            trained.train(torch.arange(16 * step, 16 * step + 16), step)
    found = list(trained.network.parameters())
    assert all(map(torch.equal, found, expected))


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("schedulefree:AdamWScheduleFree", schedulefree.AdamWScheduleFree),
        ("prodigyopt:Prodigy", prodigyopt.Prodigy),
    ],
)
def test_methods_of_other_packages_take_their_own_steps(name, chosen):
    expected = by_hand(network(), chosen, lr=0.5)
    trained = steps_of({"name": name, "lr": 0.5})
    for step in range(3):
        trained.train(torch.arange(16 * step, 16 * step + 16), step)
    assert all(map(torch.equal, trained.network.parameters(), expected))


def test_lbfgs_takes_the_steps_of_torch_on_one_batch_after_the_other():
    arguments = {"lr": 0.5, "max_iter": 3}
    expected = by_hand(network().double(), torch.optim.LBFGS, closure=True, **arguments)
    made = network().double()
    trained = steps_of({"name": "lbfgs", **arguments}, made)
    for step in range(3):
        trained.train(torch.arange(16 * step, 16 * step + 16), step)
    assert all(map(torch.allclose, made.parameters(), expected))


# Groups -------------------------------------------------------------------------------------------


def names_of(*found, rest):
    return {name for group in found if group.is_rest == rest for name in group.names}


def test_the_rest_has_biases_norms_and_the_first_and_last_layer():
    hidden = parameter_groups(network(), RUNS["muon"])
    assert names_of(*hidden, rest=False) == {"4.weight", "7.weight"}
    every = parameter_groups(network(), {**RUNS["muon"], "takes": "matrices"})
    assert names_of(*every, rest=False) == {"0.weight", "4.weight", "7.weight", "9.weight"}
    assert "1.weight" in names_of(*every, rest=True)


def test_groups_have_their_factor_and_biases_and_norms_may_go_without_decay():
    optimizer = {**ADAMW, "multipliers": {"9": 0.1, "*.bias": 2.0}, "decay": "matrices"}
    assert parameter_groups(network(), optimizer) == [
        Group(("0.weight", "4.weight", "7.weight")),
        Group(("0.bias", "1.bias", "4.bias", "7.bias"), False, 2.0, False),
        Group(("1.weight",), False, 1.0, False),
        Group(("9.weight",), False, 0.1, True),
        Group(("9.bias",), False, 0.2, False),
    ]


def test_groups_of_adamw_are_those_of_torch_to_the_last_bit():
    optimizer = {"name": "adamw", "lr": 0.01, "multipliers": {"9": 0.1}, "decay": "matrices"}
    trained = steps_of(optimizer)
    made = network()
    groups = [
        {"params": [p for n, p in made.named_parameters() if is_last(n) and p.ndim > 1]},
        {"params": [p for n, p in made.named_parameters() if is_last(n) and p.ndim == 1]},
        {"params": [p for n, p in made.named_parameters() if not is_last(n) and p.ndim > 1]},
        {"params": [p for n, p in made.named_parameters() if not is_last(n) and p.ndim == 1]},
    ]
    for group, rate, decay in zip(groups, (0.001, 0.001, 0.01, 0.01), (0.01, 0) * 2, strict=True):
        group |= {"lr": rate, "weight_decay": decay}
    expected = by_hand(made, torch.optim.AdamW, groups=groups, fused=True)
    for step in range(3):
        trained.train(torch.arange(16 * step, 16 * step + 16), step)
    assert all(map(torch.equal, trained.network.parameters(), expected))


def is_last(name):
    return fnmatch.fnmatch(name, "9.*")


# State --------------------------------------------------------------------------------------------


@pytest.fixture
def images(tiny_arrays):
    return tuple(image_set(*tiny_arrays[split], "cpu") for split in ("train", "test"))


class Left(Exception):  # noqa: N818, it is no error
    """Raised to leave a training after a piece."""


@pytest.mark.parametrize("aware", ["none", 0.05])
@pytest.mark.parametrize("optimizer", RUNS.values(), ids=RUNS)
def test_a_run_left_at_every_piece_gives_the_same_bytes(optimizer, aware, images, monkeypatch):
    monkeypatch.setattr("lr_atlas.training.trainer._PIECE", 100)
    configuration = complete_configuration(
        {
            "dataset": "fashion_mnist",
            "seed": 0,
            "batch_size": 30,
            "model": {"hidden": [12, 8], "dropout": 0.2},
            "optimizer": optimizer,
            **({} if aware == "none" else {"sharpness_aware": aware}),
        }
    )
    form = Form((28, 28), 10)
    whole = Trainer(configuration, images[0], form)
    train(whole, images[1], 2)
    state = Trainer(configuration, images[0], form).state()
    left = 0

    def leave():
        raise Left

    while True:
        torch.manual_seed(99)  # another process has drawn other numbers
        trainer = Trainer(configuration, images[0], form)
        trainer.restore(*state)
        try:
            train(trainer, images[1], 2, leave)
            break
        except Left:
            state, left = trainer.state(), left + 1
    assert left > 3  # LBFGS diverges early on some processors
    assert trainer.state()[1:] == whole.state()[1:]
    assert [each.train for each in trainer.progress.records] == [
        each.train for each in whole.progress.records
    ]
    assert trainer.steps.effective_lr() == whole.steps.effective_lr()


# Modes, the rate that is found, sharpness ---------------------------------------------------------


def test_an_evaluation_sees_the_average_and_leaves_the_training_alone():
    optimizer = RUNS["schedule-free"]
    trained, watched = steps_of(optimizer), steps_of(optimizer)
    seen = []
    for step in range(3):
        for each in (trained, watched):
            each.train(torch.arange(16 * step, 16 * step + 16), step)
        watched.evaluate(examples())
        with watched.evaluated():
            seen.append([each.detach().clone() for each in watched.network.parameters()])
    weights = list(trained.network.parameters())
    assert all(map(torch.equal, weights, watched.network.parameters()))
    assert not all(map(torch.equal, weights, seen[-1]))
    made = network()
    by_itself = by_hand(made, schedulefree.AdamWScheduleFree, lr=0.01, warmup_steps=3)
    assert all(map(torch.equal, weights, by_itself))


def test_the_rate_that_prodigy_finds_is_told():
    trained = steps_of(RUNS["prodigy"])
    for step in range(12):
        trained.train(torch.arange(64).roll(step)[:16], step)
    (group,) = trained.optimizer.param_groups
    assert trained.effective_lr() == group["d"] * group["lr"]
    assert group["d"] > 1e-6


def test_the_rates_that_dog_and_a_schedule_free_warm_up_show_are_told():
    class Dog(torch.optim.SGD):
        """Keeps the rate of each parameter in its groups, as DoG does."""

    found = Dog([nn.Parameter(torch.ones(1))], lr=1.0)
    found.param_groups[0]["eta"] = [torch.tensor(0.25), torch.tensor(0.5)]
    assert effective_rate(found) == 0.25
    trained = steps_of(RUNS["schedule-free"])
    assert trained.effective_lr() == 0.01
    for step in range(2):
        trained.train(torch.arange(16), step)
    assert trained.effective_lr() == pytest.approx(0.01 * 2 / 3)


def test_a_sharpness_aware_step_takes_the_gradient_at_the_worst_place_nearby():
    data, radius = examples(), 0.05
    trained = steps_of({"name": "sgd", "lr": 0.1}, sharpness_aware=radius)
    made = network().train()
    inputs = data.images[:16].float() / 255

    def gradients(network):
        loss = nn.functional.cross_entropy(network(inputs), data.labels[:16])
        return torch.autograd.grad(loss, list(network.parameters()))

    first = gradients(made)
    norm = torch.cat([each.flatten() for each in first]).norm()
    with torch.no_grad():
        for parameter, gradient in zip(made.parameters(), first, strict=True):
            parameter += radius / norm * gradient
    second = gradients(made)
    expected = [p - 0.1 * g for p, g in zip(network().parameters(), second, strict=True)]
    trained.train(torch.arange(16), 0)
    for found, wanted in zip(trained.network.parameters(), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)
    # A batch is taken into the statistics once.
    assert trained.network[1].num_batches_tracked == 1


def test_a_class_that_lets_go_of_gradients_trains_on(tmp_path):
    (tmp_path / "opt.py").write_text(
        "import torch\n\nclass Lets(torch.optim.SGD):\n    def step(self, closure=None):\n"
        "        super().step()\n        self.zero_grad(set_to_none=True)\n"
    )
    chosen = load_part("optimizer", "torch.optim:SGD")
    count_own_files_from(tmp_path)
    expected = by_hand(network(), chosen, lr=0.1)
    trained = steps_of({"name": "opt.py:Lets", "lr": 0.1})
    for step in range(3):
        trained.train(torch.arange(16 * step, 16 * step + 16), step)
    assert all(map(torch.equal, trained.network.parameters(), expected))
