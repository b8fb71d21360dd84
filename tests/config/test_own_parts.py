"""Things of one's own in a configuration: what is wrong with them is told in one line."""

import re

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.run_identity import run_name
from lr_atlas.training.parts import count_own_files_from, load_part

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

def two(*, total):
    return 1.0

class SGD(torch.optim.SGD):
    pass

class Mine(torch.optim.SGD):
    def __init__(self, params, lr=0.1, momentum=0.0, pair=(0.5, 0.9)):
        super().__init__(params, lr=lr, momentum=momentum)

class Odd(torch.optim.SGD):
    def __init__(self, params, lr=1, k=1, mode="a b", far=float("inf"), more=(1, float("nan"))):
        super().__init__(params, lr=lr)

class Forgets(torch.optim.SGD):
    steps = 0

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr=lr)

    def step(self, closure=None):
        self.steps += 1
        self.param_groups[0]["momentum"] = 1 / self.steps
        return super().step(closure)

class Decays(torch.optim.SGD):
    def __init__(self, params, lr=0.1, decay=0.5):
        super().__init__(params, lr=lr)

class NoRate(torch.optim.SGD):
    def __init__(self, params, lr=None):
        super().__init__(params, lr=lr)
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
            "unknown loss 'mine'; Allowed: binary, cross_entropy, huber, mae, mse, or one of your",
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
        ("schedule: mine.py:two", "cannot be called with (step, total): too many"),
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
        ("{name: 'mine.py:Odd', lr: fast}", "a number belongs here"),
        ("{name: 'mine.py:Odd', lr: true}", "a number belongs here"),
        ("{name: 'mine.py:NoRate'}", "mine.py:NoRate needs a value for 'lr'"),
        ("{name: 'mine.py:NoRate', lr: [null, 1]}", "a number belongs here"),
        ("{name: 'mine.py:net'}", "is no class of optimizers"),
        ("{name: 'torch.optim:SGD'}, {name: 'mine.py:SGD'}", "would both be called SGD"),
        ("{python: 'mine.py:Min'}", "mine.py has no 'Min': did you mean 'Mine'?"),
        ("{python: 'mine.py:Mine', name: sgd}", "has either a `name` or a thing of `python`"),
        ("{python: Mine}", "'Mine' names no class; one of a package is written package.Class"),
        ("{name: pytorch_optimizer.SOPA}", "has no 'SOPA': did you mean 'SOAP'?"),
        ("{name: pytorch_optimizer.SOAP, betaz: 1}", "'betaz': did you mean 'betas'?"),
        ("{name: pytorch_optimizer.Lion, lr: -1}", "refuses its arguments: NegativeLRError"),
        ("{name: mine.Mine}", "no package mine is installed here; did you mean mine.py:Mine?"),
        ("{name: schedule_free.X}", "is installed here; did you mean 'schedulefree'?"),
        ("{name: pytorch_optimizer.Muon}", "takes matrices alone; say what trains the rest"),
        ("{name: pytorch_optimizer.AdaHessian}", "cannot train a network here: RuntimeError"),
        ("{name: pytorch_optimizer.A2Grad, lr: 1}", "it keeps no 'lr' in its param_groups"),
        ("{name: pytorch_optimizer.SCION}", "keeps in its state what a checkpoint cannot hold"),
        ("{name: 'mine.py:Forgets'}", "does not go on to the same weights from its state_dict()"),
        ("{name: muon, rest: {name: adamw}, model: {hidden: [9]}}", "muon has nothing to train"),
        ("{name: sgd, multipliers: {head: 2}}", "no parameter of fully_connected fits 'head'"),
        ("{name: prodigyopt.Prodigy, multipliers: {'0': 2}}", "cannot train a network here"),
    ],
)
def test_what_is_wrong_with_an_optimizer_is_told(entry, told, folder):
    with pytest.raises(UserError) as error:
        load(folder, entry=entry)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (".nan", "holds nan; a number has to be finite"),
        ("[1, [2, -.inf]]", "holds -inf; a number has to be finite"),
        (str(2**63), "holds 9223372036854775808; a whole number is at most 9223372036854775807"),
        (f"[1, -{2**64}]", "a whole number is at most"),
        ("2024-01-31", "holds 2024-01-31, which is no number, text, true, false, null or list of"),
        ("{a: {1: 2}}", "holds a key that is no text, 1"),
        ('"a\\nb"', "holds a text with a line end or control character"),
        ('["a\\0b"]', "holds a text with a line end or control character"),
    ],
)
def test_a_value_that_cannot_be_written_down_is_told(value, told, folder):
    for line, entry in (
        (f"model: {{name: 'mine.py:net', width: {value}}}", SGD),
        ("epochs: 1", f"{{name: 'mine.py:Odd', k: {value}}}"),
        ("epochs: 1", f"{{name: sgd, model: {{name: 'mine.py:net', width: {value}}}}}"),
    ):
        with pytest.raises(UserError) as error:
            load(folder, line, entry)
        assert told in str(error.value)
        assert "\n" not in str(error.value)


def test_a_default_that_cannot_be_written_down_stays_as_the_class_has_it(folder):
    plan = load(folder, entry="{name: 'mine.py:Odd', lr: [2, 1e-1]}")
    optimizers = [run.configuration["optimizer"] for run in plan.runs]
    assert optimizers[1] == {"name": "mine.py:Odd", "lr": 2.0, "k": 1, "mode": "a b"}
    assert load(folder, entry="{name: 'mine.py:Odd'}").settings == ["Odd-lr1"]


def test_texts_of_ones_own_arguments_are_safe_in_names_and_stay_apart(folder):
    texts = ["a/b", "a b", "a_b", "../../x", "{x}", "$(x)", "~", "x", "ü" * 90, "u" * 300]
    shown = ", ".join(f"'{text}'" for text in texts)
    networks = ", ".join(f"{{name: 'mine.py:net', width: '{text}'}}" for text in texts)
    for entry in (
        f"{{name: 'mine.py:Odd', mode: [{shown}]}}",
        f"{{name: sgd, model: [{networks}]}}",
    ):
        plan = load(folder, entry=entry)
        for names in (plan.settings, [run.name for run in plan.runs]):
            assert len(set(names)) == len(texts)
            assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{1,199}", name) for name in names)


def test_arguments_are_axes_and_defaults_come_from_the_signature(folder):
    entry = "{name: 'mine.py:Mine', lr: [0.01, 0.1, 1], pair: [[0.1, 0.2], [0.3, 0.4]]}"
    plan = load(folder, entry=entry)
    assert len(plan.settings) == 6
    optimizer = plan.runs[0].configuration["optimizer"]
    assert optimizer == {"name": "mine.py:Mine", "lr": 0.01, "momentum": 0.0, "pair": [0.1, 0.2]}
    assert plan.runs[0].setting.startswith("Mine-lr0.01")


def test_a_class_of_a_package_is_one_run_however_it_is_written(folder):
    entries = (
        "{name: pytorch_optimizer.Lion, lr: 0.01}",
        "{name: 'pytorch_optimizer:Lion', lr: 0.01}",
        "{python: pytorch_optimizer.Lion, lr: 0.01, weight_decay: 0.0, decay: all}",
    )
    plans = [load(folder, entry=entry) for entry in entries]
    assert len({plan.runs[0].name for plan in plans}) == 1
    assert plans[0].settings == ["Lion-lr0.01"]


def test_an_argument_that_is_called_as_a_key_of_groups_is_the_argument(folder):
    plan = load(folder, entry="{name: 'mine.py:Decays', lr: 0.1, decay: [0.2, 0.3]}")
    assert plan.settings == ["Decays-lr0.1-decay0.2", "Decays-lr0.1-decay0.3"]


def test_what_is_said_of_groups_are_axes_and_the_usual_is_left_out(folder):
    entry = (
        "{name: muon, lr: 0.02, rest: {name: adamw, lr: [0.001, 0.003], betas: [0.9, 0.999]}, "
        "decay: [all, matrices], multipliers: [{}, {'0': [1, 0.5]}]}"
    )
    plan = load(folder, entry=entry)
    optimizers = [run.configuration["optimizer"] for run in plan.runs]
    assert {"name": "muon", "lr": 0.02, "rest": {"name": "adamw", "lr": 0.001}} in optimizers
    assert len(plan.settings) == 8
    assert "muon-lr0.02-decaymatrices-multipliers0x0.5-restadamw-lr0.003" in plan.settings
    assert "muon-lr0.02-restadamw-lr0.001" in plan.settings


def test_one_file_is_one_thing_however_its_path_is_written(folder):
    first, second = (load(folder, f"loss: {path}mine.py:loss") for path in ("", "./"))
    assert [run.name for run in first.runs] == [run.name for run in second.runs]
    assert first.runs[0].name == run_name(first.runs[0].configuration)


def test_two_things_of_one_name_are_not_taken_for_one_setting(folder):
    entry = "{name: sgd, loss: ['mine.py:loss', 'other.py:loss']}"
    with pytest.raises(UserError, match=r"two settings would both be called sgd-lr"):
        load(folder, entry=entry)


def test_modules_of_one_name_beside_files_of_two_folders_are_each_their_own(tmp_path):
    """As where `make plan` reads several configurations."""
    found = []
    for name, factor in (("a", 2), ("b", 3)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "helper_of_both.py").write_text(f"FACTOR = {factor}\n")
        (tmp_path / name / "losses.py").write_text(
            "from helper_of_both import FACTOR\n\ndef loss(logits, labels):\n"
            "    return FACTOR * logits\n"
        )
        count_own_files_from(tmp_path / name)
        found.append(load_part("loss", "losses.py:loss"))
    assert [loss(1, None) for loss in found] == [2, 3]
