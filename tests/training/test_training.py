"""Training is a pure function of configuration, images and code."""

import math
from dataclasses import dataclass

import pytest
import torch

from lr_atlas.config.torch_optimizers import torch_optimizers
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.endings import Ending, ending
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import hold_out, image_set
from lr_atlas.training.loop import train
from lr_atlas.training.losses.cross_entropy import cross_entropy
from lr_atlas.training.losses.mse import mse
from lr_atlas.training.models.fully_connected import ACTIVATIONS
from lr_atlas.training.network import build_network, flatten_parameters, weights_bytes
from lr_atlas.training.optimizer import FASTER_FUSED, build_optimizer
from lr_atlas.training.records import EpochRecord, history_text
from lr_atlas.training.tensor_files import from_bytes
from lr_atlas.training.trainer import Trainer


@pytest.fixture(scope="module")
def images(tiny_arrays):
    """(training, validation) ImageSets of the tiny data set."""
    torch.set_num_threads(1)
    return tuple(image_set(*tiny_arrays[split], "cpu") for split in ("train", "test"))


def configuration(optimizer=None, **other):
    """A complete configuration of a small network."""
    optimizer = {"name": "sgd", "lr": 0.1, **(optimizer or {})}
    base = {"dataset": "fashion_mnist", "seed": 0, "batch_size": 20, "model": {"hidden": [16]}}
    return complete_configuration({**base, "optimizer": optimizer, **other})


@dataclass
class Result:
    records: list[EpochRecord]
    network: torch.nn.Module
    ending: Ending


def run(images, epochs=2, **changes):
    trainer = Trainer(configuration(**changes), images[0], Form((28, 28), 10))
    ending = train(trainer, images[1], epochs)
    return Result(trainer.progress.records, trainer.network, ending)


def history(result, folder):
    (folder / "history.csv").write_text(history_text(result.records))
    return (folder / "history.csv").read_bytes()


def weights(result):
    return torch.cat([p.detach().flatten() for p in result.network.parameters()])


def test_the_same_run_gives_the_same_bytes(images, tmp_path):
    changes = {"model": {"hidden": [16], "dropout": 0.2}}
    first, second = run(images, **changes), run(images, **changes)
    assert history(first, tmp_path) == history(second, tmp_path)
    assert torch.equal(weights(first), weights(second))
    assert weights_bytes(first.network) == weights_bytes(second.network)


def test_training_leaves_the_processor_as_it_was(images):
    run(images, epochs=1)
    assert torch.tensor(1e-40) * 1 != 0


def test_another_seed_gives_another_run(images, tmp_path):
    assert history(run(images, seed=0), tmp_path) != history(run(images, seed=1), tmp_path)


def test_what_ran_before_in_the_process_does_not_matter(images, tmp_path):
    expected = history(run(images), tmp_path)
    torch.manual_seed(12345)
    torch.rand(17)
    assert history(run(images), tmp_path) == expected


def test_the_first_epochs_of_a_longer_run_are_those_of_a_shorter_one(images, tmp_path):
    short = history(run(images, epochs=2, model={"hidden": [16], "dropout": 0.2}), tmp_path)
    long = history(run(images, epochs=3, model={"hidden": [16], "dropout": 0.2}), tmp_path)
    assert long.startswith(short)


def test_optimizers_with_the_same_seed_start_from_the_same_weights_and_see_the_same_batches(images):
    # With learning rates too small to change a float32 weight, every optimizer's first epoch shows
    # the initial weights on the batches of that seed.
    losses = {
        run(images, epochs=1, optimizer={"name": name, "lr": 1e-30}).records[0].running["loss"]
        for name in ("sgd", "adam", "rmsprop")
    }
    assert len(losses) == 1


def test_dropout_does_not_change_initial_weights_and_order():
    plain = build_network(
        {"name": "fully_connected", "hidden": [16], "activation": "relu", "dropout": 0.0},
        Form((28, 28), 10),
        3,
    )
    dropped = build_network(
        {"name": "fully_connected", "hidden": [16], "activation": "relu", "dropout": 0.5},
        Form((28, 28), 10),
        3,
    )
    pairs = zip(plain.parameters(), dropped.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("name", sorted(set(torch_optimizers()) - {"lbfgs", "muon"}))
def test_every_optimizer_gives_the_same_bytes_as_with_separate_parameters(name, images):
    """One flat tensor under the optimizer is a matter of speed alone.

    Those that are one kernel round otherwise, so they are equal within rounding.
    """
    training_set, _ = images
    settings = {"name": name, "lr": 0.01}

    def weights_after_steps(make):
        network = build_network(
            {"name": "fully_connected", "hidden": [16], "activation": "tanh", "dropout": 0},
            Form((28, 28), 10),
            0,
        )
        optimizer = make(network)
        for batch in torch.arange(60).split(20):
            optimizer.zero_grad(set_to_none=False)
            pixels = training_set.images[batch].float() / 255
            cross_entropy(network(pixels), training_set.labels[batch]).backward()
            optimizer.step()
        return torch.cat([p.detach().flatten() for p in network.parameters()])

    torch_class = getattr(torch.optim, torch_optimizers()[name]["class"])
    separate = weights_after_steps(lambda network: torch_class(network.parameters(), lr=0.01))
    flat = weights_after_steps(lambda n: build_optimizer(settings, n, flatten_parameters(n)))
    if name in FASTER_FUSED:
        torch.testing.assert_close(flat, separate)
    else:
        assert torch.equal(flat, separate)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_every_activation_and_loss_learns(activation, loss, images):
    model = {"hidden": [32], "activation": activation}
    result = run(images, 4, model=model, loss=loss, optimizer={"name": "adam", "lr": 0.01})
    assert result.ending.status == "finished"
    assert result.records[-1].train["loss"] < result.records[0].running["loss"]
    assert result.records[-1].train["accuracy"] > 0.5


def test_the_three_series_are_what_a_plain_loop_gives(images):
    """A second implementation, as short as can be, with the same random streams."""
    from lr_atlas.training.random_streams import stream

    training_set, validation_set = images
    network = build_network(
        {"name": "fully_connected", "hidden": [16], "activation": "relu", "dropout": 0},
        Form((28, 28), 10),
        0,
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)

    def pixels(image_set):
        return image_set.images.float() / 255

    losses, right = [], 0
    for batch in torch.randperm(300, generator=stream(0, "order", 1)).split(20):
        output = network(pixels(training_set)[batch])
        loss = torch.nn.functional.cross_entropy(output, training_set.labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        right += (output.argmax(1) == training_set.labels[batch]).sum().item()
    record = run(images, epochs=1).records[0]
    assert record.running["accuracy"] == right / 300
    assert record.running["loss"] == pytest.approx(sum(losses) / len(losses), rel=1e-5)
    for image_set_, metrics in ((training_set, record.train), (validation_set, record.validation)):
        output = network(pixels(image_set_))
        loss = torch.nn.functional.cross_entropy(output, image_set_.labels)
        assert metrics["loss"] == pytest.approx(loss.item(), rel=1e-5)
        assert metrics["accuracy"] == (output.argmax(1) == image_set_.labels).double().mean().item()


def test_a_batch_that_is_not_full_counts_by_its_images(images):
    uneven = run(images, epochs=1, batch_size=70, optimizer={"name": "sgd", "lr": 1e-30})
    whole = run(images, epochs=1, batch_size=300, optimizer={"name": "sgd", "lr": 1e-30})
    assert uneven.records[0].running["loss"] == pytest.approx(
        whole.records[0].running["loss"], rel=1e-5
    )


def test_a_run_that_diverges_ends_at_once_and_says_where(images):
    result = run(images, epochs=5, optimizer={"name": "sgd", "lr": 1e6})
    assert result.ending.status == "diverged"
    assert (result.ending.diverged_epoch, len(result.records)) == (1, 0)
    assert 1 <= result.ending.diverged_step <= 15
    assert "loss" in result.ending.reason


def test_rows_of_a_diverged_run_stop_before_the_epoch_in_which_it_diverged(images):
    # Adam at this rate stays finite at first and ends each epoch far above the start.
    result = run(images, epochs=3, optimizer={"name": "adam", "lr": 50.0})
    assert result.ending.status == "diverged"
    assert "began at" in result.ending.reason
    assert len(result.records) == result.ending.diverged_epoch - 1


def test_a_run_that_answers_one_class_for_everything_has_collapsed(images):
    result = run(images, epochs=2, loss="mse", optimizer={"name": "adam", "lr": 5.0})
    assert result.ending.status == "collapsed"


def test_a_run_at_chance_to_the_end_has_collapsed_and_one_above_it_has_not(images):
    def records(*accuracies):
        metrics = {"loss": 2.3, "accuracy": 0.1}
        return [
            EpochRecord(epoch, metrics, {"loss": 2.3, "accuracy": accuracy}, metrics, 0.0, 0.0)
            for epoch, accuracy in enumerate(accuracies, start=1)
        ]

    chance = 0.1 + 3 * math.sqrt(0.1 * 0.9 / 100)
    assert ending(records(0.1, 0.12), False, images[1])[0] == "collapsed"
    assert ending(records(0.1, chance + 0.01), False, images[1])[0] == "finished"
    assert ending(records(chance + 0.2, 0.1), False, images[1])[0] == "finished"


def test_held_out_images_are_the_same_share_of_every_class(images):
    rest, held_out = hold_out(images[0], 100)
    assert (len(rest), len(held_out)) == (200, 100)
    assert torch.bincount(held_out.labels).tolist() == [10] * 10


def test_held_out_images_are_no_training_images_and_always_the_same(images):
    rest, held_out = hold_out(images[0], 55)
    again, _ = hold_out(images[0], 55)
    assert len(held_out) == 55
    assert max(torch.bincount(held_out.labels)) - min(torch.bincount(held_out.labels)) <= 1
    together = sorted(torch.cat([rest.images, held_out.images]).tolist())
    assert together == sorted(images[0].images.tolist())
    assert torch.equal(rest.images, again.images)


def test_mean_squared_error_is_over_images_and_classes():
    logits = torch.tensor([[0.0, 0.0], [100.0, 0.0]])
    assert float(mse(logits, torch.tensor([0, 0]))) == pytest.approx(0.125)


def test_weights_load_with_weights_only(images):
    result = run(images, epochs=1)
    loaded = from_bytes(weights_bytes(result.network))
    fresh = build_network(configuration()["model"], Form((28, 28), 10), 5)
    fresh.load_state_dict(loaded)
    assert torch.equal(
        torch.cat([p.detach().flatten() for p in fresh.parameters()]), weights(result)
    )


@pytest.mark.parametrize("name", torch_optimizers())
def test_every_optimizer_trains(name, images):
    groups = {"takes": "matrices", "rest": {"name": "adamw", "lr": 0.01}} if name == "muon" else {}
    result = run(images, epochs=1, optimizer={"name": name, "lr": 0.01, **groups})
    assert result.ending.status in ("finished", "collapsed")
    assert math.isfinite(result.records[0].train["loss"])
