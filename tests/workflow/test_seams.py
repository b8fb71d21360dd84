"""Things are added to the project, or a user's own named, and finished runs stay finished."""

import subprocess
import sys

import pytest
from conftest import TINY_DATA
from whole_runs import TINY, executed, planned, snakemake, trained

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
LOSS = """\
from torch.nn import functional

def smooth(logits, labels):
    return functional.cross_entropy(logits, labels, label_smoothing=0.1)
"""
SCHEDULE = """\
def falling(step, steps_per_epoch):
    return 1 / (1 + step / steps_per_epoch)
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


def test_ones_own_parts_are_trained_and_an_edit_trains_those_that_name_them(own):
    def start(*options):
        config = own / "config.yaml"
        return snakemake("--until", "train", *options, directory=own, config=config)

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


ADDED = {
    "data/catalogue/kmnist.py": ("data/catalogue/fashion_mnist.py", "FashionMNIST", "KMNIST"),
    "training/models/narrow.py": NETWORK,
    "training/losses/smooth.py": LOSS,
    "training/schedules/falling.py": SCHEDULE,
    "training/optimizers/Lion.py": OPTIMIZER.replace("from beside import flip", "flip = abs"),
}


def test_what_is_added_to_the_project_is_one_file_and_trains_nothing(built, copied):
    package = copied / "scripts" / "lr_atlas"
    for name, content in ADDED.items():
        if isinstance(content, tuple):
            like, old, new = content
            content = (package / like).read_text().replace(old, new)
        (package / name).write_text(content)
    process = snakemake("--dry-run", directory=built, project=copied)
    assert "train" not in planned(process)
    text = TINY.read_text().replace("../data/fashion-mnist-tiny", str(TINY_DATA))
    new = STUDY.format(name="new", optimizer="Lion") + (
        "    loss: smooth\n    schedule: falling\n    model: {name: narrow}\n"
    )
    (copied / "new.yaml").write_text(text + new)
    found = snakemake("--dry-run", directory=built, project=copied, config=copied / "new.yaml")
    assert planned(found)["train"] == 1


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("losses/mse.py", 0),
        ("steps/autograd.py", 0),
        ("steps/cuda_graphs.py", 0),
        ("losses/cross_entropy.py", 8),
        ("steps/compiled.py", 8),
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
