"""Things of one's own in a configuration: what is wrong with them is told in one line."""

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.run_identity import run_name

FILES = {
    "mine.py": """\
import torch
from torch import nn

def loss(logits, labels):
    return logits.sum()

def net(shape, classes, width=3):
    return nn.Linear(shape[0] * shape[1], classes)

def one(step):
    return 1.0

class SGD(torch.optim.SGD):
    pass

class Mine(torch.optim.SGD):
    def __init__(self, params, lr=0.1, momentum=0.0, pair=(0.5, 0.9)):
        super().__init__(params, lr=lr, momentum=momentum)
""",
    "other.py": "def loss(logits, labels):\n    return logits.mean()\n",
    "broken.py": "def loss(logits, labels:\n",
    "leaves.py": "import sys\n\ndef loss(logits, labels):\n    pass\n\nsys.exit(3)\n",
    "random_user.py": "import random\n\ndef loss(logits, labels):\n    pass\n",
    "random.py": "",
}
STUDY = """\
studies:
  a:
    dataset: mnist
    seeds: 1
    {line}
    optimizers: [{entry}]
"""
SGD = "{name: sgd}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def load(folder, line="epochs: 1", entry=SGD):
    path = folder / "config.yaml"
    path.write_text(STUDY.format(line=line, entry=entry))
    return load_atlas([path]).plans["a"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "loss: mine",
            "unknown loss 'mine'; Allowed: cross_entropy, mse, or one of your own",
        ),
        ("loss: cross_entrop", "did you mean 'cross_entropy'?"),
        ("loss: mind.py:loss", "there is no file mind.py in "),
        ("loss: mine.py:los", "mine.py has no 'los': did you mean 'loss'?"),
        ("loss: /mine.py:loss", "is written folder/file.py:thing, with the path from this file's"),
        ("loss: nowhere_at_all:loss", "no package nowhere_at_all is installed here"),
        ("loss: broken.py:loss", "broken.py:1: this is not valid Python"),
        ("loss: leaves.py:loss", "leaves.py:loss cannot be used: SystemExit: 3"),
        ("loss: random_user.py:loss", "call random.py by a name that nothing else has"),
        ("loss: mine.py:one", "cannot be called with (logits, labels)"),
        ("schedule: mine.py:one", "cannot be called with (step, steps_per_epoch)"),
        ("model: {name: 'mine.py:net', widht: 4}", "unexpected keyword argument 'widht'"),
    ],
)
def test_what_is_wrong_with_a_loss_a_schedule_or_a_network_is_told(line, told, folder):
    with pytest.raises(UserError) as error:
        load(folder, line)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            "{name: 'mine.py:Mine', momentm: 1}",
            "'momentm': did you mean 'momentum'?",
        ),
        (
            "{name: 'mine.py:Mine', lr: -1}",
            "refuses its arguments: ValueError: Invalid",
        ),
        ("{name: 'mine.py:Mine', lr: fast}", "a number belongs here"),
        ("{name: 'mine.py:net'}", "has no argument 'lr'"),
        ("{name: 'torch.optim:SGD'}, {name: 'mine.py:SGD'}", "would both be called SGD"),
    ],
)
def test_what_is_wrong_with_an_optimizer_is_told(entry, told, folder):
    with pytest.raises(UserError) as error:
        load(folder, entry=entry)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_arguments_are_axes_and_defaults_come_from_the_signature(folder):
    entry = "{name: 'mine.py:Mine', lr: [0.01, 0.1, 1], pair: [[0.1, 0.2], [0.3, 0.4]]}"
    plan = load(folder, entry=entry)
    assert len(plan.settings) == 6
    optimizer = plan.runs[0].configuration["optimizer"]
    assert optimizer == {"name": "mine.py:Mine", "lr": 0.01, "momentum": 0.0, "pair": [0.1, 0.2]}
    assert plan.runs[0].setting.startswith("Mine-lr0.01")


def test_one_file_is_one_thing_however_its_path_is_written(folder):
    first, second = (load(folder, f"loss: {path}mine.py:loss") for path in ("", "./"))
    assert [run.name for run in first.runs] == [run.name for run in second.runs]
    assert first.runs[0].name == run_name(first.runs[0].configuration)


def test_two_things_of_one_name_are_not_taken_for_one_setting(folder):
    entry = "{name: sgd, loss: ['mine.py:loss', 'other.py:loss']}"
    with pytest.raises(UserError, match=r"two settings would both be called sgd-lr"):
        load(folder, entry=entry)
