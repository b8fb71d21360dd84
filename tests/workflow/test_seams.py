"""Things are added to the project, or a user's own named, and finished runs stay finished."""

import os
import subprocess
import sys

import pytest
from whole_runs import (
    TINY,
    TINY_DATA,
    executed,
    plan,
    planned,
    script,
    snakemake,
    statuses,
    trained,
)

from lr_atlas.common.errors import UserError
from lr_atlas.runs.run_folders import read_description
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.tables.collect import images_of
from lr_atlas.tables.evaluation import answer_all

OPTIMIZER = """\
import torch
from beside import flip

class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, beta=0.9):
        if lr <= 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        super().__init__(params, {"lr": lr, "beta": beta})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter].setdefault("m", torch.zeros_like(parameter))
                state.lerp_(parameter.grad, 1 - group["beta"])
                parameter.sub_(flip(state.sign()), alpha=group["lr"])
"""
NETWORK = """\
from torch import nn

def narrow(shape, classes, width=8):
    return nn.Sequential(nn.Linear(shape[0] * shape[1], width), nn.ELU(), nn.Linear(width, classes))
"""
#: The same network as one of ours, which is given images in their shape.
SHIPPED_NETWORK = NETWORK.replace("nn.Sequential(", "nn.Sequential(nn.Flatten(), ").replace(
    "shape[0] * shape[1]", "shape[1] * shape[2]"
)
LOSS = """\
from torch.nn import functional

def smooth(logits, labels):
    return functional.cross_entropy(logits, labels, label_smoothing=0.1)
"""
SHIPPED_LOSS = LOSS.replace("\n\ndef", '\n\nTASKS = ("classification",)\n\ndef')
SCHEDULE = """\
def falling(step, steps_per_epoch):
    return 1 / (1 + step / steps_per_epoch)
"""
METRIC = """\
from lr_atlas.training.metric import Metric

error = Metric("error", higher_is_better=False, scale=100, digits=2, unit="%")
"""
#: A column that ends in the metric's name is shown by its file.
SHOWN = """\
from lr_atlas.studies.metric_columns import metric_of
metric = metric_of("validation_error")
print(0.0025 * metric.scale, metric.unit)
"""
TRANSFORM = """\
def darker(images, by=0.1):
    return images - by
"""
CLAIM = """\
from typing import ClassVar, Literal
from lr_atlas.config.claim import Row
from lr_atlas.config.claims.collapses import Collapses

class Vanishes(Collapses):
    row: ClassVar = Row(85, "`where`", "it vanishes", "all runs do", "none does")
    claim: Literal["vanishes"]
"""
STUDY = """\
  {name}:
    dataset: fashion_mnist
    validation: 100
    batch_size: 20
    epochs: 1
    seeds: 1
    optimizers: [{{name: {optimizer}, lr: 0.01}}]
"""


@pytest.fixture
def own(tmp_path):
    """A folder with a configuration of studies, each with one thing of its own, and their files."""
    folder = tmp_path / "own"
    (folder / "parts").mkdir(parents=True)
    for name, text in {
        "lion.py": OPTIMIZER,
        "beside.py": "def flip(sign):\n    return sign\n",
        "nets.py": NETWORK,
        "losses.py": LOSS,
        "schedules.py": SCHEDULE,
    }.items():
        (folder / "parts" / name).write_text(text)

    def plain(name):
        return STUDY.format(name=name, optimizer="sgd")

    studies = [
        STUDY.format(name="an-optimizer", optimizer="parts/lion.py:Lion"),
        plain("a-network") + "    model: {name: 'parts/nets.py:narrow', width: 6}\n",
        plain("a-loss") + "    loss: parts/losses.py:smooth\n",
        plain("a-schedule") + "    schedule: parts/schedules.py:falling\n",
        plain("a-package") + "    loss: torch.nn.functional:cross_entropy\n",
    ]
    data = f"datasets: {{fashion_mnist: {{directory: '{TINY_DATA}'}}}}\n"
    (folder / "config.yaml").write_text(data + "studies:\n" + "".join(studies))
    return folder


def test_ones_own_parts_are_trained_and_an_edit_trains_those_that_name_them(own, tmp_path):
    config, elsewhere = own / "config.yaml", tmp_path / "elsewhere"

    def start(*options):
        return snakemake("--until", "train", *options, directory=elsewhere, config=config)

    assert executed(start())["train"] == 5
    assert planned(start("--dry-run")) == {}
    for name, old, new in (
        ("beside.py", "return sign", "return -sign"),
        ("schedules.py", "1 / (1 +", "1 / (2 +"),
    ):
        text = (own / "parts" / name).read_text()
        (own / "parts" / name).write_text(text.replace(old, new))
    found = start("--dry-run")
    assert planned(found) == {"train": 2}
    assert {name.split("-")[1] for name in trained(found)} == {"Lion", "sgd"}
    assert executed(start())["train"] == 2
    assert planned(start("--dry-run")) == {}
    tested = snakemake("results/studies/a-network/test.csv", directory=elsewhere, config=config)
    assert executed(tested)["evaluate"] == 1
    verified = script(
        "verify.py", "--directory", elsewhere, "--configfile", config, "--runs", "a-network"
    )
    assert verified.returncode == 0, verified.stderr
    assert statuses(plan(elsewhere, config)[1]) == {"cached": 5}
    pruned = script("prune.py", "--directory", elsewhere, "--configfile", config)
    # The checkpoints from before the edit.
    assert "Checkpoints by other code than the present, or damaged (2, " in pruned.stdout

    # Edited between start and test: nothing is tested with another network.
    run = load_atlas([config]).plans["a-network"].runs[0]
    trained_on = images_of(read_description(elsewhere / "results" / "runs" / run.folder))
    images = next((elsewhere / "results" / "data").glob("*/test.npz"))
    tested = [run], elsewhere / "results" / "runs", images, [trained_on]
    assert len(answer_all(*tested)[0]) == 1
    network = own / "parts" / "nets.py"
    network.write_text(network.read_text().replace("width=8", "width=9"))
    with pytest.raises(UserError, match=r"was trained with another own file parts/nets\.py"):
        answer_all(*tested)


ADDED = {
    "data/catalogue/kmnist.py": ("data/catalogue/fashion_mnist.py", "FashionMNIST", "KMNIST"),
    "analysis/findings/no_seeds.py": ("analysis/findings/few_seeds.py", "few seeds", "no seeds"),
    "training/models/narrow.py": SHIPPED_NETWORK,
    "training/losses/smooth.py": SHIPPED_LOSS,
    "training/schedules/falling.py": SCHEDULE,
    "training/optimizers/Lion.py": OPTIMIZER.replace("from beside import flip", "flip = abs"),
    "training/metrics/error.py": METRIC,
    "training/transforms/darker.py": TRANSFORM,
    "config/claims/vanishes.py": CLAIM,
    "locale/catalogue.de.po": ("locale/catalogue.es.po", "Spanish", "German"),
}
DRAWN = {
    "figures/drawn/again.py": ("figures/drawn/best_of.py", '"place": 80', '"place": 85'),
}


def add(project, name, content):
    """Add a file to the package: its text, or (file that it is like, text there, text here)."""
    package = project / "scripts" / "lr_atlas"
    if isinstance(content, tuple):
        like, old, new = content
        content = (package / like).read_text(encoding="utf-8").replace(old, new)
    (package / name).write_text(content, encoding="utf-8")


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_one_file_and_only_figures_and_pages_are_made_anew(name, built, copied):
    add(copied, name, DRAWN[name])
    process = snakemake("--dry-run", directory=built, project=copied)
    assert planned(process) == {"figures": 2, "study_page": 2, "report": 1}


def test_what_is_added_to_the_project_is_one_file_and_trains_nothing(built, copied):
    for name, content in ADDED.items():
        add(copied, name, content)
    found = planned(snakemake("--dry-run", directory=built, project=copied))
    assert "train" not in found
    assert found["analyse"] == 2
    shown = subprocess.run(
        [sys.executable, "-c", SHOWN],
        env={**os.environ, "PYTHONPATH": str(copied / "scripts")},
        capture_output=True,
        text=True,
    )
    assert shown.stdout == "0.25 %\n", shown.stderr
    text = TINY.read_text().replace("../data/fashion-mnist-tiny", str(TINY_DATA))
    new = STUDY.format(name="new", optimizer="Lion") + (
        "    loss: smooth\n    schedule: falling\n    model: {name: narrow, width: 6}\n"
        "    transforms: [{darker: 0.2}]\n"
        "    claims: [{claim: vanishes, where: {optimizer: Lion}}]\n"
    )
    (copied / "new.yaml").write_text(text + new)
    found = snakemake("--dry-run", directory=built, project=copied, config=copied / "new.yaml")
    assert planned(found)["train"] == 1


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("losses/mse.py", 0),
        ("metrics/accuracy.py", 0),
        ("steps/autograd.py", 0),
        ("steps/cuda_graphs.py", 0),
        ("losses/cross_entropy.py", 8),
        ("steps/compiled.py", 8),
        ("steps/compiled_products.py", 8),
        ("transforms/scale.py", 8),
    ],
)
def test_an_edit_of_a_part_trains_the_runs_that_use_it(name, count, built, copied):
    path = copied / "scripts" / "lr_atlas" / "training" / name
    path.write_text(path.read_text() + "\nEDITED = True\n")
    found = planned(snakemake("--dry-run", directory=built, project=copied))
    assert found.get("train", 0) == count


def test_the_plan_names_the_part_that_was_edited(built, copied):
    path = copied / "scripts" / "lr_atlas" / "training" / "losses" / "cross_entropy.py"
    path.write_text(path.read_text() + "\nEDITED = True\n")
    command = [sys.executable, copied / "scripts" / "plan.py", "--configfile", TINY]
    said = subprocess.run(
        [*command, "--directory", built], capture_output=True, text=True, check=True
    )
    assert "training/losses/cross_entropy.py" in said.stdout
