"""Gradients and updates are recorded as they were, which changes nothing."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.dynamics import Dynamics, count_spikes, layers_of
from lr_atlas.training.dynamics_file import EVALUATION, dynamics_text
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.preconditioner import bears, preconditioner
from lr_atlas.training.sharpness import sharpness, threshold
from lr_atlas.training.steps import compiled_loop
from lr_atlas.training.trainer import Trainer

SGD = {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}
PLAIN, CNN = {"hidden": [16]}, {"name": "cnn"}


@pytest.fixture(scope="module")
def images(tiny_arrays):
    """(training, validation) ImageSets of the tiny data set."""
    torch.set_num_threads(1)
    return tuple(image_set(*tiny_arrays[split], "cpu") for split in ("train", "test"))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr("lr_atlas.training.trainer._PIECE", 100)


def trainer_of(images, optimizer, **other):
    base = {"dataset": "fashion_mnist", "seed": 0, "batch_size": 30, "model": PLAIN}
    configuration = complete_configuration({**base, "optimizer": optimizer, **other})
    return Trainer(configuration, images[0], Form((28, 28), 10))


def rows_of(trainer):
    """The rows of the file, each {column: text}."""
    dynamics = trainer.progress.dynamics
    header, *rows = dynamics_text(dynamics.layers, dynamics.rows).splitlines()
    return [dict(zip(header.split(","), row.split(","), strict=True)) for row in rows]


def steps_by_torch(trainer, optimizer):
    """(gradient norm, {layer: ratio}) of each step of the first piece, taken by hand."""
    network = copy.deepcopy(trainer.network)
    stepper = getattr(torch.optim, optimizer["class"])(network.parameters(), **optimizer["given"])
    indices = trainer._order_of(1)[: trainer.piece]
    for batch in indices.split(30):
        inputs, labels = trainer.steps.batch(batch)
        stepper.zero_grad()
        nn.functional.cross_entropy(network(inputs), labels).backward()
        gradient = torch.cat([p.grad.flatten() for p in network.parameters()]).norm()
        layers = layers_of(network)
        before = {name: [p.detach().clone() for p in layers[name]] for name in layers}
        stepper.step()
        ratios = {}
        for name, parameters in layers.items():
            old, new = (torch.cat([p.flatten() for p in ps]) for ps in (before[name], parameters))
            ratios[name] = float((new - old).detach().norm() / old.norm())
        yield float(gradient), ratios


@pytest.mark.parametrize("network", [PLAIN, CNN], ids=["compiled", "autograd"])
@pytest.mark.parametrize(
    ("optimizer", "in_torch"), [(SGD, "SGD"), ({"name": "adamax", "lr": 0.01}, "Adamax")]
)
def test_steps_are_measured_as_by_hand(images, network, optimizer, in_torch):
    trainer = trainer_of(images, optimizer, model=network, dynamics=["steps"])
    given = {key: value for key, value in optimizer.items() if key != "name"}
    expected = list(steps_by_torch(trainer, {"class": in_torch, "given": given}))
    train(trainer, images[1], 1)
    for row, (gradient, ratios) in zip(rows_of(trainer), expected, strict=False):
        assert float(row["gradient_norm"]) == pytest.approx(gradient, rel=1e-3)
        assert float(row["effective_lr"]) == optimizer["lr"]
        found = {layer: float(row[f"update_ratio.{layer}"]) for layer in ratios}
        assert found == pytest.approx(ratios, rel=1e-3)
    assert len(expected) == 3


@pytest.mark.parametrize("network", [{"hidden": [16], "dropout": 0.2}, CNN], ids=["plain", "cnn"])
@pytest.mark.parametrize("optimizer", [SGD, {"name": "adam", "lr": 0.01}], ids=["sgd", "adam"])
def test_measuring_every_step_changes_no_byte(images, network, optimizer):
    usual = trainer_of(images, optimizer, model=network)
    every = trainer_of(images, optimizer, model=network, dynamics=["sharpness", "steps"])
    assert train(usual, images[1], 2) == train(every, images[1], 2)
    assert usual.state()[1:] == every.state()[1:]
    evaluations = [row for row in rows_of(every) if row["of"] == EVALUATION]
    assert len(rows_of(every)) == 2 + 2 * 10
    assert all(float(row["sharpness"]) for row in evaluations)
    asked = ("sharpness", "preconditioned_sharpness", "threshold")
    without = [row | dict.fromkeys(asked, "") for row in evaluations]
    assert rows_of(usual) == without


@pytest.mark.parametrize("accumulate", [1, 2])
def test_no_compiled_step_reads_factors_that_are_not_there(images, accumulate, monkeypatch):
    """It would read on in memory, and by what it finds there write on: Numba checks no index."""
    given = []

    def checked(*arguments, take=compiled_loop.train):
        steps, losses = arguments[-2:]
        given.append(len(steps.factors) * steps.accumulate >= len(losses) > 0)
        return take(*arguments)

    monkeypatch.setattr(compiled_loop, "train", checked)
    every = trainer_of(images, SGD, dynamics=["steps"], accumulate=accumulate)
    train(every, images[1], 1)
    assert len(given) == 2 * len([row for row in rows_of(every) if row["of"] != EVALUATION])
    assert all(given)


@pytest.mark.parametrize("network", [PLAIN, CNN], ids=["plain", "cnn"])
@pytest.mark.parametrize(
    "more",
    [
        {"clip": {"norm": 0.5}, "schedule": "linear", "horizon": {"epochs": 2}},
        {"accumulate": 2, "average": {"name": "ema", "decay": 0.9}},
        {"sharpness_aware": 0.05},
    ],
    ids=["clip", "accumulate", "again"],
)
def test_measuring_changes_no_byte_of_steps_that_do_more(images, network, more):
    usual = trainer_of(images, SGD, model=network, **more)
    every = trainer_of(images, SGD, model=network, dynamics=["steps"], **more)
    usual.observer.watch = lambda is_last: None
    train(usual, images[1], 2)
    train(every, images[1], 2)
    assert usual.state()[1:] == every.state()[1:]
    rows = rows_of(every)
    steps = 5 if "accumulate" in more else 10
    assert len(rows) == 2 + 2 * steps
    evaluations = [row for row in rows if row["of"] == EVALUATION]
    assert [row["clipped"] != "" for row in evaluations] == ["clip" in more] * 2
    if "clip" in more:
        rates = [float(row["effective_lr"]) for row in rows if row["of"] == "step"]
        assert rates == pytest.approx([0.1 * factor for factor in 1 - np.arange(20) / 20], rel=0.1)
        assert all(0 < float(row["clipped"]) <= 1 for row in evaluations)


@pytest.mark.parametrize(("optimizer", "finite"), [({"lr": 3e5}, True), ({"lr": 1e30}, False)])
def test_the_steps_before_a_loss_explodes_are_the_same_from_wherever_a_run_goes_on(
    images, optimizer, finite
):
    optimizer = {"name": "sgd", **optimizer}
    begun = trainer_of(images, {**optimizer, "lr": 0.1})
    train(begun, images[1], 1)
    for state in (trainer_of(images, optimizer).state(), begun.state()):
        diverging, again = trainer_of(images, optimizer), trainer_of(images, optimizer)
        diverging.restore(*state)
        again.restore(*state)
        before = diverging.progress.dynamics.taken
        assert train(diverging, images[1], 5).status == "diverged"
        exploded = diverging.progress.dynamics.exploded
        steps = again.last_steps(exploded)
        assert exploded == before + 2  # the first update was too large
        assert [int(step[1]) for step in steps[-2:]] == [before + 1, before + 2]
        assert float(steps[-2][2]) < 10 < float(steps[-2][5])  # its loss; its update, in weights
        assert (float(steps[-1][2]) < np.inf) == finite


def test_a_jump_of_the_loss_is_a_spike_once_enough_steps_are_known():
    losses = np.random.default_rng(0).normal(2, 0.1, 400)
    losses[60] = losses[300] = 4.0
    assert count_spikes([], losses) == (1, 400 - 128)
    assert count_spikes(losses[:290][-128:], losses[290:310]) == (1, 20)
    assert count_spikes([], [*losses[:200], float("inf")]) == (0, 0)
    for size in (7, 400):
        dynamics, step = Dynamics(), ["1", "400", "2", "1", "0.1"]
        for start in range(0, 400, size):
            dynamics.add_losses(losses[start : start + size].tolist(), [step], (2.0, 20.0))
        dynamics.end_evaluation()
        assert dynamics.rows == ["evaluation,1,400,2,1,0.1,1,,,,"]


class Residual(nn.Module):
    """A network with a curvature that is not that of a sum of squares, and a buffer."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(5, 4), nn.Linear(4, 3)
        self.norm = nn.BatchNorm1d(4)

    def forward(self, inputs):
        return self.second(torch.tanh(self.norm(self.first(inputs))))


def test_the_largest_eigenvalue_is_that_of_the_whole_hessian():
    torch.manual_seed(0)
    network, inputs, labels = Residual(), torch.randn(40, 5), torch.randint(3, (40,))
    network(3 * inputs)  # so that its averages are not those of a new layer
    network.eval()
    parameters = dict(network.named_parameters())

    def loss(flat):
        parts = flat.split([p.numel() for p in parameters.values()])
        given = {
            name: part.view_as(parameters[name])
            for name, part in zip(parameters, parts, strict=True)
        }
        outputs = torch.func.functional_call(network, given, (inputs,))
        return nn.functional.cross_entropy(outputs, labels)

    flat = torch.cat([p.detach().flatten() for p in parameters.values()])
    hessian = torch.func.hessian(loss)(flat).double()
    eigenvalues = torch.linalg.eigvalsh(hessian)
    assert -eigenvalues[0] > 0.001  # a saddle: not the one of largest magnitude by chance
    network.train()
    of_outputs = partial(nn.functional.cross_entropy, target=labels)
    diagonal = torch.rand(len(flat), dtype=torch.float64) + 0.01
    found, divided = sharpness(network, of_outputs, inputs, (None, diagonal))
    assert found == pytest.approx(float(eigenvalues[-1]), rel=2e-3)
    of_both = torch.linalg.eigvals(hessian / diagonal[:, None]).real.max()
    assert divided == pytest.approx(float(of_both), rel=2e-3)
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize(
    ("arguments", "bears"),
    [({}, 1), ({"momentum": 0.9}, 1.9), ({"momentum": 0.5, "nesterov": True}, 0.75)],
)
def test_steps_on_a_parabola_grow_above_the_threshold_alone(arguments, bears):
    """The threshold against torch's own steps, a little below and a little above it."""
    found = threshold({"name": "sgd", **arguments}, 0.1)
    assert found == pytest.approx(bears * 2 / 0.1)
    for share, grows in ((0.99, False), (1.01, True)):
        weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
        stepper = torch.optim.SGD([weight], lr=0.1, **arguments)
        for _ in range(3000):
            weight.grad = share * found * weight.detach()
            stepper.step()
        assert (abs(weight.item()) > 1) == grows
    assert threshold({"name": "adam"}, 0.1) is None


ADAPTIVE = {
    "adam": {"name": "adam"},
    "beta1": {"name": "adam", "betas": [0.5, 0.999]},
    "amsgrad": {"name": "adam", "amsgrad": True},
    "adamw": {"name": "adamw", "weight_decay": 0.3},
    "rmsprop": {"name": "rmsprop"},
    "momentum": {"name": "rmsprop", "momentum": 0.9},
    "centered": {"name": "rmsprop", "centered": True},
}


@pytest.mark.parametrize("optimizer", ADAPTIVE.values(), ids=ADAPTIVE)
def test_preconditioned_steps_on_a_parabola_grow_above_the_threshold_alone(optimizer):
    """The preconditioner and its threshold against torch's own steps, with squares that stand."""
    given = {key: value for key, value in optimizer.items() if key != "name"}
    stands = {"alpha": 1 - 1e-12} if optimizer["name"] == "rmsprop" else {}
    if not stands:
        stands["betas"] = (given.get("betas", [0.9])[0], 1 - 1e-12)
    chosen = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}
    for share, grows in ((0.99, False), (1.01, True)):
        weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
        stepper = chosen[optimizer["name"]]([weight], **{"lr": 0.1, **given, **stands})
        weight.grad = torch.zeros_like(weight)
        stepper.step()
        state = stepper.state[weight]
        for name in {"exp_avg_sq", "max_exp_avg_sq", "square_avg"} & state.keys():
            state[name].fill_(4.0)
        state["step"].fill_(1e15)
        diagonal = preconditioner({**optimizer, **stands}, stepper.state_dict())
        assert diagonal.item() == pytest.approx(2.0, rel=1e-6)
        found = bears({**optimizer, **stands}, 0.1)
        for _ in range(3000):
            weight.grad = share * found * diagonal * weight.detach()
            stepper.step()
            if abs(weight.item()) > 10:  # before the squares grow too
                break
        assert (abs(weight.item()) > 1) == grows
    assert bears({**optimizer, "weight_decay": 0.1}, 0.1) is None or optimizer["name"] == "adamw"


@pytest.mark.parametrize(
    "optimizer", [{"name": "adam", "lr": 0.01}, {"name": "rmsprop", "lr": 0.01}]
)
def test_the_preconditioner_is_the_same_from_compiled_steps_and_from_torch(images, optimizer):
    found = []
    for more in ({}, {"loss": {"name": "cross_entropy", "label_smoothing": 0.0}}):
        trainer = trainer_of(images, optimizer, dynamics=["sharpness"], **more)
        train(trainer, images[1], 1)
        found.append(preconditioner(optimizer, trainer.steps.optimizer_state()))
        (row,) = rows_of(trainer)
        assert float(row["preconditioned_sharpness"]) > 0
        factor = 38 if optimizer["name"] == "adam" else 2
        assert float(row["threshold"]) == pytest.approx(factor / 0.01)
    torch.testing.assert_close(*found, rtol=1e-2, atol=1e-6)
