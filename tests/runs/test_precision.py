"""Precisions of training: part of a run where it is not float32, refused where it cannot be."""

import json

import pytest
import torch
from stacked_trainers import ADAM, FLAT, SQUARE, configuration, examples
from torch import nn
from whole_runs import TINY_DATA

from lr_atlas.common.errors import UserError
from lr_atlas.data.image_files import save_images
from lr_atlas.runs.precision import begun_trainer, use_precision
from lr_atlas.runs.run_files import is_finished
from lr_atlas.runs.single_run import Conditions, Task, complete_run
from lr_atlas.runs.training_code import Stamps, training_code
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.study_definition import study_definition, study_from_definition
from lr_atlas.training.loop import train
from lr_atlas.training.steps.stacked import can_be_stacked

STUDY = """\
datasets: {{fashion_mnist: {{directory: {data}}}}}
studies: {{a: {{dataset: fashion_mnist, validation: 50, epochs: 2, optimizers: [{{name: sgd}}]}}}}
compute: {{{compute}}}
"""
ROUNDED = {"precision": "bfloat16"}
CNN = {"name": "cnn", "channels": [4, 6], "hidden": [16], "batch_norm": True}


@pytest.fixture
def atlas(tmp_path):
    """A function from the text under `compute` to what the configuration asks for."""

    def read(compute):
        path = tmp_path / "config.yaml"
        path.write_text(STUDY.format(data=TINY_DATA, compute=compute), encoding="utf-8")
        return load_atlas([path])

    return read


def test_float32_is_no_part_of_a_run_and_others_are(atlas):
    usual = atlas("threads: 1")
    written = atlas("precision: float32")
    assert [*written.runs] == [*usual.runs]
    assert study_definition(written, "a") == study_definition(usual, "a")
    assert "precision" not in json.dumps(study_definition(usual, "a"))
    for text in ("precision: bfloat16", "precision: tf32, device: cuda"):
        other = atlas(text)
        assert not {*other.runs} & {*usual.runs}
        _, plan = study_from_definition(study_definition(other, "a"))
        assert [run.name for run in plan.runs] == [run.name for run in other.plans["a"].runs]


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_tf32_without_a_gpu_is_refused_in_one_line(atlas, device):
    with pytest.raises(UserError, match=rf"compute: .*`device: cuda` .* not `device: {device}`"):
        atlas(f"precision: tf32, device: {device}")
    with pytest.raises(UserError, match="tf32, which is of a GPU"):
        use_precision({"precision": "tf32"}, torch.device("cpu"))


@pytest.mark.parametrize(
    ("capability", "precision", "taken"),
    [((9, 0), "tf32", True), ((9, 0), "float32", False), ((7, 5), "float32", False)],
)
def test_a_card_is_told_how_to_round(monkeypatch, capability, precision, taken):
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda device: capability)
    backends = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [backend.allow_tf32 for backend in backends]
    try:
        for backend in backends:
            backend.allow_tf32 = not taken
        use_precision({"precision": precision}, torch.device("cuda"))
        assert [backend.allow_tf32 for backend in backends] == [taken, taken]
    finally:
        for backend, usual in zip(backends, before, strict=True):
            backend.allow_tf32 = usual


@pytest.mark.parametrize("precision", ["tf32", "bfloat16"])
def test_a_card_that_has_no_such_precision_is_named(monkeypatch, precision):
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda device: (7, 5))
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "An Old One")
    with pytest.raises(UserError, match=f"{precision}, .*: An Old One$"):
        use_precision({"precision": precision}, torch.device("cuda"))


def trained(given, form, epochs=1, state=None):
    """(the trainer, the loss at the end) of a run."""
    trainer = begun_trainer(given, examples(form), form)
    if state:
        trainer.restore(*state)
    train(trainer, examples(form), epochs)
    return trainer, trainer.progress.records[-1].train["loss"]


@pytest.mark.parametrize(("form", "model"), [(FLAT, {"hidden": [32, 16]}), (SQUARE, CNN)])
def test_products_are_rounded_in_training_alone(form, model):
    given = configuration(0, 0.002, ADAM, model)
    trainer = begun_trainer({**given, **ROUNDED}, examples(form), form)
    kinds = []
    layers = [each for each in trainer.network.modules() if isinstance(each, nn.Linear)]
    layers[-1].register_forward_hook(
        lambda layer, _, outputs: kinds.append((layer.training, outputs.dtype))
    )
    train(trainer, examples(form), 1)
    assert {*kinds} == {(True, torch.bfloat16), (False, torch.float32)}
    assert {each.dtype for each in trainer.network.parameters()} == {torch.float32}
    usual, loss = trained(given, form)
    assert trainer.state()[1] != usual.state()[1]
    assert trainer.progress.records[-1].train["loss"] == pytest.approx(loss, rel=0.05)


def test_a_rounded_run_has_the_same_bytes_when_it_goes_on():
    given = {**configuration(0, 0.01, ADAM, {"hidden": [32], "dropout": 0.2}), **ROUNDED}
    whole, _ = trained(given, FLAT, 2)
    half, _ = trained(given, FLAT, 1)
    again, _ = trained(given, FLAT, 2, half.state())
    assert again.state()[1:] == whole.state()[1:]


def test_a_rounded_run_is_trained_alone_and_finished_by_its_own_stamp(tiny_arrays, tmp_path):
    images = tmp_path / "images" / "train.npz"
    images.parent.mkdir()
    save_images(images, *tiny_arrays["train"])
    run = {
        **{"dataset": "fashion_mnist", "seed": 0, "batch_size": 20, "validation": 100},
        "model": {"hidden": [16]},
        "optimizer": {"name": "sgd", "lr": 0.1},
        **ROUNDED,
    }
    code = training_code([run])
    complete_run(Task(run, 1, (images,), tmp_path / "run"), Conditions(code, "cpu", [], "keep"))
    described = json.loads((tmp_path / "run" / "run.json").read_text())
    assert described["gradients"] == described["configuration"]["precision"] == "bfloat16"
    assert is_finished(tmp_path / "run", Stamps(code)(run))
    edited = {**code, "lr_atlas/training/steps/bfloat16.py": "edited"}
    assert not is_finished(tmp_path / "run", Stamps(edited)(run))
    usual = {key: value for key, value in run.items() if key != "precision"}
    assert Stamps(edited)(usual) == Stamps(code)(usual)
    assert can_be_stacked(configuration())
    assert not can_be_stacked({**configuration(), **ROUNDED})
