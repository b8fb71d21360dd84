"""Torch is asked once what its optimizers take; then the answer is read from the environment."""

import json
import subprocess
import sys

import pytest
from whole_runs import PROJECT, TINY

from lr_atlas.common.errors import UserError
from lr_atlas.config import torch_optimizers as module
from lr_atlas.config.torch_optimizers import remembered_optimizers
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.study_definition import study_definition


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """Return what the installed torch says, and the folder in which it is remembered."""
    place = tmp_path_factory.mktemp("environment") / "share"
    return remembered_optimizers(place), place


@pytest.fixture
def times_asked(described, monkeypatch):
    """A list with an entry for each time that torch is asked."""
    asked = []
    monkeypatch.setattr(module, "_ask_torch", lambda: asked.append(1) or described[0])
    return asked


def test_arguments_and_defaults_are_those_of_the_signature_and_bounds_those_that_torch_checks(
    described,
):
    optimizers, _ = described
    adam, sgd = optimizers["adam"]["arguments"], optimizers["sgd"]["arguments"]
    share = {"optional": False, "minimum": 0.0, "below": 1.0}
    assert adam["betas"] == {"kind": "numbers", "default": [0.9, 0.999], "elements": [share] * 2}
    assert adam["lr"] == {"kind": "number", "default": 0.001, "above": 0.0}
    assert adam["eps"] == {"kind": "number", "default": 1e-8, "minimum": 0.0}
    assert sgd["nesterov"] == {"kind": "boolean", "default": False}
    assert sgd["fused"] == {"kind": "optional_boolean", "default": None}
    assert optimizers["adadelta"]["arguments"]["rho"]["maximum"] == 1.0
    assert optimizers["adafactor"]["arguments"]["eps"]["default"] == [None, 0.001]
    assert optimizers["adamw"]["class"] == "AdamW"
    # It needs sparse gradients; a CUDA graph or differentiable steps.
    assert not optimizers.keys() & {"sparseadam", "optimizer"}
    assert not {*adam, *sgd} & {"params", "capturable", "differentiable"}


def test_methods_with_steps_of_their_own_say_what_they_need(described):
    optimizers, _ = described
    muon, lbfgs = optimizers["muon"], optimizers["lbfgs"]
    assert {name for name, each in optimizers.items() if each.get("needs_rest")} == {"muon"}
    assert {name for name, each in optimizers.items() if each.get("needs_closure")} == {"lbfgs"}
    steps = {"kind": "whole", "default": 5, "minimum": 0, "maximum": 99}
    assert muon["arguments"]["ns_steps"] == steps
    assert muon["arguments"]["adjust_lr_fn"]["choices"] == ["original", "match_rms_adamw"]
    assert lbfgs["arguments"]["line_search_fn"]["choices"] == ["strong_wolfe"]
    assert lbfgs["arguments"]["max_eval"]["kind"] == "optional_whole"


def test_what_is_remembered_is_read_without_asking_again(described, times_asked):
    optimizers, place = described
    assert remembered_optimizers(place) == optimizers
    assert not times_asked


def test_another_torch_is_asked_anew(tmp_path, times_asked, monkeypatch):
    remembered_optimizers(tmp_path)
    monkeypatch.setattr(module, "torch_version", lambda: "99.0")
    remembered_optimizers(tmp_path)
    assert len(times_asked) == 2
    assert [path.name.partition("+")[0][:10] for path in tmp_path.iterdir()] == ["torch-99.0"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("0.999", "0.998"),
        lambda text: "",
        lambda text: "[]",
        lambda text: json.dumps({"digest": "", "value": {}}),
    ],
    ids=["cut off", "a digit", "empty", "a list", "no optimizers"],
)
def test_what_is_damaged_is_replaced(damage, described, times_asked, tmp_path):
    remembered_optimizers(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text(damage(file.read_text()))
    assert remembered_optimizers(tmp_path) == described[0]
    assert remembered_optimizers(tmp_path) == described[0]
    assert len(times_asked) == 2


def test_where_nothing_can_be_written_torch_is_asked_each_time(described, times_asked, tmp_path):
    (tmp_path / "file").write_text("")
    for _ in range(2):
        assert remembered_optimizers(tmp_path / "file" / "share") == described[0]
    assert len(times_asked) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_torch_that_cannot_be_imported_is_told_in_a_line(tmp_path, monkeypatch):
    probe = tmp_path / "probe.py"
    probe.write_text("raise ImportError('libcudart.so.13: cannot open shared object file')\n")
    monkeypatch.setattr(module, "_PROBE", probe)
    with pytest.raises(UserError, match=r"cannot be told: ImportError: libcudart\.so\.13.*file$"):
        remembered_optimizers(tmp_path)


#: A process without torch; it reads a definition from its input and prints the names of the runs.
WITHOUT_TORCH = """\
import importlib.metadata, json, sys

def version(name):
    raise importlib.metadata.PackageNotFoundError(name)

class WithoutTorch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError(name)

importlib.metadata.version = version
sys.meta_path.insert(0, WithoutTorch())
from lr_atlas.common.errors import UserError
from lr_atlas.config.torch_optimizers import torch_optimizers
from lr_atlas.studies.study_definition import study_from_definition
try:
    torch_optimizers()
except UserError as error:
    print(error)
_, plan = study_from_definition(json.load(sys.stdin))
print(json.dumps([[run.name, run.setting, run.parameters] for run in plan.runs]))
"""


OWN = """\
datasets: {{fashion_mnist: {{directory: '{data}'}}}}
studies:
  tiny:
    dataset: fashion_mnist
    validation: 100
    batch_size: 20
    optimizers: [{{name: torch.optim:SGD, lr: 0.1}}]
"""


@pytest.mark.parametrize("of_torch", [True, False])
def test_a_job_without_torch_reads_a_study_from_its_definition(of_torch, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(OWN.format(data=PROJECT / "tests" / "data" / "fashion-mnist-tiny"))
    atlas = load_atlas([TINY if of_torch else own])
    definition = study_definition(atlas, "tiny")
    assert bool(definition["optimizers"]) == of_torch
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH],
        input=json.dumps(definition),
        env={"PYTHONPATH": str(PROJECT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    refused, runs = process.stdout.splitlines()
    assert "torch is not installed" in refused
    expected = [[run.name, run.setting, run.parameters] for run in atlas.plans["tiny"].runs]
    assert json.loads(runs) == json.loads(json.dumps(expected))
