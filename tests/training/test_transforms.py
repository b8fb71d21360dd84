"""Transforms change the training images alone, each as it says, and a run goes on exactly."""

import pytest
import torch

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.network import standardising_layer
from lr_atlas.training.parts import load_part, names
from lr_atlas.training.random_streams import stream
from lr_atlas.training.records import history_text
from lr_atlas.training.trainer import Trainer
from lr_atlas.training.transform import Mixed, build_transforms

FORM = Form((28, 28), 10)
CNN = {"name": "cnn", "channels": [4, 8], "hidden": [16]}


@pytest.fixture(scope="module")
def images(tiny_arrays):
    """(training, validation) ImageSets of the tiny data set."""
    torch.set_num_threads(1)
    return tuple(image_set(*tiny_arrays[split], "cpu") for split in ("train", "test"))


def trainer_of(images, **changes):
    base = {"dataset": "fashion_mnist", "seed": 0, "batch_size": 20, "model": CNN}
    base["optimizer"] = {"name": "sgd", "lr": 0.05, "momentum": 0.9}
    return Trainer(complete_configuration({**base, **changes}), images[0], FORM)


def transformed(name, batch, labels=None, seed=0, **arguments):
    configuration = {"transforms": [{"name": name, **arguments}], "pixels": [-1.0, 1.0]}
    (transform,) = build_transforms(configuration, torch.empty(0, dtype=torch.uint8))
    return transform(batch, labels, stream(seed, "transforms"))


def batch_of(images, count=200):
    return images[0].images[:count].float().view(-1, 1, 28, 28) / 127.5 - 1


def test_flip_exchanges_left_and_right_of_half_the_images(images):
    before = batch_of(images)
    after = transformed("flip", before)
    flipped = (after == before.flip(3)).flatten(1).all(1)
    kept = (after == before).flatten(1).all(1)
    assert bool((flipped | kept).all())
    assert 70 < int(flipped.sum()) < 130


def test_crop_moves_each_image_by_some_pixels_and_the_margin_is_black(images):
    before = batch_of(images)
    after = transformed("crop", before, padding=2)
    wide = torch.nn.functional.pad(before, (2, 2, 2, 2), value=-1.0)
    places = set()
    for number, image in enumerate(after):
        found = [
            (top, left)
            for top in range(5)
            for left in range(5)
            if torch.equal(image, wide[number, :, top : top + 28, left : left + 28])
        ]
        assert found
        places.add(found[0])
    assert len(places) > 15


def test_cutout_blackens_a_square_of_each_image(images):
    before = torch.ones(200, 3, 28, 28)
    after = transformed("cutout", before, size=6)
    cut = after == -1.0
    assert torch.equal(cut, cut[:, :1].expand_as(cut))
    sizes = cut[:, 0].flatten(1).sum(1)
    assert int(sizes.max()) == 36
    assert int(sizes.min()) >= 9
    assert bool((after[~cut] == 1).all())


def test_noise_has_its_deviation_and_mixup_its_share(images):
    before = batch_of(images)
    assert float((transformed("noise", before, deviation=0.5) - before).std()) == pytest.approx(
        0.5, rel=0.02
    )
    labels = images[0].labels[:200]
    mixed = transformed("mixup", before, labels, alpha=1.0)
    assert 0.5 <= mixed.share <= 1
    others = (mixed.images - mixed.share * before) / (1 - mixed.share)
    nearest = torch.cdist(others.flatten(1), before.flatten(1)).argmin(1)
    assert torch.equal(labels[nearest], mixed.labels)
    assert sorted(nearest.tolist()) == list(range(200))


@pytest.mark.parametrize("name", names("transform"))
def test_a_transform_draws_from_its_stream_alone(name, images):
    batch, labels = batch_of(images), images[0].labels[:200]
    if name == "normalise":
        return

    def drawn(seed):
        torch.manual_seed(seed + 7)
        found = transformed(name, batch, labels, seed)
        return found.images if isinstance(found, Mixed) else found

    assert torch.equal(drawn(0), drawn(0))
    assert not torch.equal(drawn(0), drawn(1))


@pytest.mark.parametrize("name", ["flip", "crop", "cutout"])
def test_what_is_no_image_is_told(name):
    with pytest.raises(ValueError, match=f"{name} changes images of channels, rows and columns"):
        transformed(name, torch.zeros(3, 4))


def test_a_run_that_goes_on_in_the_middle_of_an_epoch_ends_in_the_same_bytes(images):
    changes = {
        "model": {**CNN, "batch_norm": True, "dropout": 0.2},
        "transforms": ["flip", {"name": "crop", "padding": 2}, "cutout", "mixup", "normalise"],
    }
    pieces = []

    def begun():
        trainer = trainer_of(images, **changes)
        trainer.piece = 60
        return trainer

    whole = begun()
    train(whole, images[1], 2, lambda: pieces.append(whole.state()))
    # The third piece of the second epoch of five pieces and an end each.
    state = pieces[8]
    assert state[0]["images"] == 180
    resumed = begun()
    resumed.restore(*state)
    train(resumed, images[1], 2)
    assert resumed.state()[1:] == whole.state()[1:]
    texts = [history_text(each.progress.records) for each in (whole, resumed)]
    assert texts[0] == texts[1]
    running = [value for key, value in whole.network.state_dict().items() if "running" in key]
    assert all(bool(value.any()) for value in running)


@pytest.mark.parametrize("model", [CNN, {"hidden": [16]}], ids=["cnn", "mlp"])
def test_normalise_is_by_the_training_part_and_holds_in_evaluation(model, images):
    trainer = trainer_of(images, model=model, transforms=["normalise"])
    layer = standardising_layer(trainer.network)
    pixels = images[0].images.double() / 255
    assert float(layer.mean) == pytest.approx(float(pixels.mean()), rel=1e-5)
    assert float(layer.deviation) == pytest.approx(float(pixels.std()), rel=1e-4)
    train(trainer, images[1], 2)
    found = trainer.steps.evaluate(images[1], with_outputs=True)
    trainer.network.eval()
    inputs = images[1].images.float() / 255
    whole = inputs.view(-1, 1, 28, 28) if model is CNN else inputs
    assert torch.allclose(trainer.network(whole), found.outputs, atol=1e-4)
    assert float(layer.mean) == pytest.approx(float(pixels.mean()), rel=1e-5)


def test_transforms_change_the_training_alone_and_a_network_still_learns(images):
    plain = trainer_of(images, transforms=["normalise"])
    noisy = trainer_of(images, transforms=["normalise", {"name": "noise", "deviation": 0.2}])
    assert plain.steps.evaluate(images[1]).loss == noisy.steps.evaluate(images[1]).loss
    train(noisy, images[1], 6)
    train(plain, images[1], 1)
    assert noisy.progress.records[-1].train["accuracy"] > 0.6
    assert noisy.progress.records[0].running["loss"] != plain.progress.records[0].running["loss"]


def test_a_transform_of_ones_own_is_given_what_it_asks_for(tmp_path, images, monkeypatch):
    from lr_atlas.training import parts

    (tmp_path / "own_transforms.py").write_text(
        "def brighter(images, random, black, by=0.5):\n    return images + by + black\n"
    )
    monkeypatch.setattr(parts, "_own_files", tmp_path)
    found = transformed("own_transforms.py:brighter", torch.zeros(2, 1, 3, 3), by=0.25)
    assert float(found.mean()) == -0.75
    assert load_part("transform", "flip").__name__ == "flip"


@pytest.mark.parametrize("name", ["cnn", "resnet20", "vit"])
def test_two_threads_give_the_same_bytes_each_time(name, images):
    model = {**CNN, "batch_norm": True} if name == "cnn" else {"name": name}
    training = images[0].take(torch.arange(80))

    def weights():
        trainer = trainer_of((training,), model=model, threads=2, transforms=["crop"])
        train(trainer, training, 1)
        return trainer.state()[1]

    torch.set_num_threads(2)
    try:
        assert weights() == weights()
    finally:
        torch.set_num_threads(1)
