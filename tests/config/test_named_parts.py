"""Networks, losses and transforms in a configuration: what they become, and what is told."""

import json
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
from whole_runs import PROJECT

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.errors import UserError
from lr_atlas.config.config_values import Initialisation
from lr_atlas.config.part_arguments import arguments_of_ours
from lr_atlas.runs.job_resources import size_of_model
from lr_atlas.runs.training_code import Stamps, training_code
from lr_atlas.studies.atlas import atlas_from_snapshot, load_atlas
from lr_atlas.studies.study_definition import study_definition, study_from_definition
from lr_atlas.training.form import Form
from lr_atlas.training.parts import name_of_part

NETS = """\
import torch
from torch import nn

class Small(nn.Module):
    def __init__(self, shape, classes, width=8, sizes=(3, 3), norm=True):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(shape[0], width, 3, stride=2), nn.BatchNorm2d(width), nn.ReLU(), nn.Flatten(),
            nn.Linear(width * 13 * 13, classes),
        )

    def forward(self, images):
        return self.layers(images)

def needs(shape, outputs, depth):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, outputs))

def deaf(classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(100, classes))

def wrong(classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, classes + 2))

def pair(classes):
    class Pair(nn.Linear):
        def forward(self, images):
            return images, images
    return Pair(1, 1)

def flat(shape, classes, width=8):
    return nn.Linear(shape[0] * shape[1], classes)

def jitter(images, random, by=0.1):
    return images + by

def shrink(images):
    return images[:, :, 1:]

def double(images):
    return images.double()

def normed(classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, classes), nn.BatchNorm1d(classes))

def nothing(shape):
    pass

def leaving(shape):
    raise SystemExit(3)

def frozen(classes):
    class Frozen(nn.Linear):
        def forward(self, images):
            return super().forward(images.flatten(1)).detach()
    return Frozen(784, classes)

def each(outputs, targets):
    return (outputs - 1).square().sum(1)

def undefined(outputs, targets):
    return outputs.std() / outputs.std()

def failing(outputs, targets):
    raise KeyError("cost")
"""
STUDY = """\
studies:
  a:
    dataset: mnist
    seeds: 1
    epochs: 1
    {line}
    optimizers: [{entry}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nets")
    (folder / "nets.py").write_text(NETS)
    return folder


def atlas(folder, line="description: x", entry="{name: sgd, lr: 0.1}"):
    path = folder / "config.yaml"
    path.write_text(STUDY.format(line=line, entry=entry))
    return load_atlas([path])


def plan(folder, *given, **named):
    return atlas(folder, *given, **named).plans["a"]


def models(found):
    return [run.configuration.get("model") for run in found.runs]


def test_mlp_is_another_name_of_the_plain_network_and_changes_no_run(folder):
    plain, named = (plan(folder, f"model: {{{name}hidden: [30]}}") for name in ("", "name: mlp, "))
    assert [run.name for run in plain.runs] == [run.name for run in named.runs]
    assert models(plain) == [{"hidden": [30]}]


def test_a_network_by_name_has_the_arguments_that_are_no_default_and_lists_are_axes(folder):
    line = "model: {name: cnn, channels: [[8], [16, 32]], dropout: [0, 0.5], kernel: 3.0}"
    found = plan(folder, line)
    assert models(found) == [
        {"name": "cnn", "channels": [16, 32]},
        {"name": "cnn", "channels": [16, 32], "dropout": 0.5},
        {"name": "cnn", "channels": [8]},
        {"name": "cnn", "channels": [8], "dropout": 0.5},
    ]
    assert found.settings[0] == "sgd-lr0.1"
    assert "sgd-lr0.1-networkcnn-channels8-dropout0.5" in found.settings
    assert found.runs[1].parameters["network"] == "cnn-channels16_32-dropout0.5"


def test_networks_of_entries_stand_beside_those_of_the_study(folder):
    models_of_entry = (
        "[{name: cnn, channels: [8]}, {name: mlp, hidden: [[5], [7]]}, "
        "{python: 'nets.py:Small', arguments: {width: [2, 4]}}]"
    )
    found = plan(
        folder,
        "model: {name: resnet20}",
        f"{{name: sgd, lr: 0.1}}, {{name: adam, lr: 0.1, model: {models_of_entry}}}",
    )
    widths = [{"width": width, "sizes": [3, 3], "norm": True} for width in (2, 4)]
    expected = [
        {"name": "resnet20"},
        {"name": "cnn", "channels": [8]},
        {"hidden": [5]},
        {"hidden": [7]},
        *({"name": "nets.py:Small", "arguments": arguments} for arguments in widths),
    ]
    assert sorted(map(str, models(found))) == sorted(map(str, expected))
    assert found.settings == [
        *("adam-lr0.1", "adam-lr0.1-hidden7"),
        *("adam-lr0.1-networkSmall-width2", "adam-lr0.1-networkSmall-width4"),
        *("adam-lr0.1-networkcnn-channels8", "sgd-lr0.1-networkresnet20"),
    ]
    assert found.runs[0].parameters["network"] == "mlp"


def test_an_own_network_is_one_run_whether_a_default_is_written_or_not(folder):
    first, second = (
        plan(folder, f"model: {{python: 'nets.py:Small'{written}}}")
        for written in ("", ", arguments: {width: 8, sizes: [3, 3]}")
    )
    assert [run.name for run in first.runs] == [run.name for run in second.runs]


def test_a_scheme_is_part_of_a_run_where_it_is_no_default(folder):
    entry = "{name: sgd, lr: 0.1, model: {initialisation: [default, he]}}"
    found = plan(folder, entry=entry)
    assert models(found) == [None, {"initialisation": "he"}]
    assert found.settings[1] == "sgd-lr0.1-initialisationhe"
    for line in (
        "model: {name: 2c2d, initialisation: he}",
        "model: {hidden: [], initialisation: he}",
    ):
        assert models(plan(folder, line))[0]["initialisation"] == "he"


LINES = [
    ("model: {name: cnm}", "unknown network 'cnm': did you mean 'cnn'?"),
    ("model: {name: cnn, chanels: [3]}", "cnn has no argument 'chanels': did you mean 'channels'?"),
    ("model: {name: cnn, channels: 3}", "cnn: 'channels' takes a list, found 3"),
    ("model: {name: cnn, channels: [a]}", "takes a list, each a whole number, found ['a']"),
    ("model: {name: cnn, kernel: big}", "cnn: 'kernel' takes a whole number, found 'big'"),
    ("model: {name: cnn, batch_norm: 1}", "'batch_norm' takes true or false, found 1"),
    ("model: {name: cnn, activation: rely}", "unknown value 'rely' of 'activation': did you mean"),
    ("model: {name: cnn, dropout: high}", "a number belongs here"),
    ("model: {name: cnn, initialisation: xavir}", "of 'initialisation': did you mean 'xavier'?"),
    ("model: {name: cnn, kernel: 4}", "studies.a.model: cnn cannot be made: the kernel of a cnn"),
    ("model: {name: vit, patch: 5}", "vit cannot be made: a patch of 5 does not divide images"),
    ("model: {name: 3c3d, depth: 2}", "3c3d has no argument 'depth'"),
    ("model: {name: torchvision.resnet19}", "torchvision has no network 'resnet19'"),
    ("model: {name: torchvision.resnet18, depth: 2}", "resnet18 cannot be made: TypeError"),
    ("model: {python: nets.py}", "a network of your own is written folder/file.py:Net"),
    ("model: {python: 'nets.py:Smal'}", "nets.py has no 'Smal': did you mean 'Small'?"),
    (
        "model: {python: 'nets.py:Small', arguments: {widht: 1}}",
        "nets.py:Small has no argument 'widht': did you mean 'width'? it has width, sizes, norm",
    ),
    ("model: {python: 'nets.py:Small', width: 1}", "unknown key 'width'"),
    ("model: {python: 'nets.py:Small', arguments: 3}", "`arguments` is a mapping"),
    ("model: {python: 'nets.py:Small', arguments: {width: .nan}}", "a number has to be finite"),
    ("model: {python: 'nets.py:needs'}", "nets.py:needs needs a value for 'depth'"),
    ("model: {python: 'nets.py:deaf'}", "deaf does not take inputs of 1x28x28: RuntimeError"),
    (
        "model: {python: 'nets.py:wrong'}",
        "wrong answers an example with 12; the data has 10 classes",
    ),
    ("model: {python: 'nets.py:pair'}", "pair answers with a tuple, not with one tensor"),
    ("model: {name: 'nets.py:flat', arguments: {width: 1}}", "is named under `python`"),
    ("loss: {name: cross_entropy, smoothing: 0.1}", "cross_entropy has no argument 'smoothing'"),
    ("loss: {name: cross_entropy, label_smoothing: 2}", "cross_entropy cannot be computed: label_"),
    ("loss: {name: cross_entropy, class_weights: even}", "unknown value 'even' of 'class_weights'"),
    ("loss: {name: cross_entropy, class_weights: [1]}", "a number for each of the 10 classes"),
    (
        "loss: {name: cross_entropy, class_weights: [1, x]}",
        "'class_weights' takes balanced, or a list of numbers; found [1, 'x']",
    ),
    ("loss: {label_smoothing: 2}", "the name of a loss belongs here, or one with arguments"),
    ("loss: huber", "studies.a.loss: the loss huber is for regression, and this data is for"),
    ("transforms: [flop]", "unknown transform 'flop': did you mean 'flip'?"),
    ("transforms: [scale]", "unknown transform 'scale'"),
    ("transforms: [{crop: big}]", "crop: 'padding' takes a whole number, found 'big'"),
    ("transforms: [{crop: 0}]", "studies.a.transforms: crop cannot be computed: the padding of"),
    ("transforms: [{crop: 28}]", "less than the rows and columns of the images, which are 28x28"),
    ("transforms: [{cutout: 29}]", "is at least 1 and at most 28 for images of 28x28; found 29"),
    (
        "model: {name: torchvision.resnet18, weights: DEFAULT}",
        "torchvision.resnet18: 'weights' cannot be set, since every network begins untrained here",
    ),
    ("transforms: [{flip: 1}]", "flip takes no single value"),
    ("transforms: [{crop: 4, flip: 1}]", "the name of a transform belongs here"),
    ("transforms: [{mixup: {alpa: 1}}]", "mixup has no argument 'alpa': did you mean 'alpha'?"),
    ("transforms: ['nets.py:shrink']", "shrink makes 2x1x27x28 (torch.float32) out of 2x1x28x28"),
    ("transforms: ['nets.py:double']", "double makes 2x1x28x28 (torch.float64) out of"),
    ("model: {python: 'nets.py:nothing'}", "nothing gives a NoneType, which is no torch.nn.Module"),
    ("model: {python: 'nets.py:leaving'}", "leaving cannot be made: SystemExit: 3"),
    ("model: {python: 'nets.py:frozen'}", "frozen answers with torch.float32 that do not depend"),
    ("loss: nets.py:each", "each gives 20 (torch.float32); a loss is one number as a tensor"),
    ("loss: nets.py:failing", "failing cannot be computed: KeyError: 'cost'"),
    (
        "metric: {python: 'nets.py:each', better: lower}",
        "each gives no number: ",
    ),
    (
        "metric: {python: 'nets.py:failing', better: lower}",
        "failing gives no number: KeyError: 'cost'",
    ),
    (
        "metric: {python: 'nets.py:undefined', better: lower}",
        "nets.py:undefined gives nan for answers that are all alike; a metric is a finite number",
    ),
    (
        "training_images: 101\n    batch_size: 100\n    model: {python: 'nets.py:normed'}",
        "studies.a.batch_size: in batches of 100, the last of the 101 training images is a batch",
    ),
]


@pytest.mark.parametrize(("line", "told"), LINES)
def test_what_is_wrong_is_told_in_one_line(line, told, folder):
    with pytest.raises(UserError) as error:
        plan(folder, line)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_change_of_a_network_that_is_not_plain_is_told_to_name_it(folder):
    with pytest.raises(UserError, match=r"the study's network is cnn; in an entry name the whole"):
        plan(folder, "model: {name: cnn}", "{name: sgd, model: {dropout: 0.5}}")


def test_a_loss_of_an_entry_that_does_not_fit_is_told_where_it_stands(folder):
    with pytest.raises(UserError, match=r"studies\.a\.optimizers\[0\]\.loss: the loss mae is for"):
        plan(folder, entry="{name: sgd, loss: [mse, mae]}")


def test_a_loss_with_arguments_is_a_value_of_an_axis(folder):
    smooth = "{name: cross_entropy, label_smoothing: 0.1}"
    entry = f"{{name: sgd, lr: 0.1, loss: [cross_entropy, {smooth}, {{name: mse}}]}}"
    found = plan(folder, entry=entry)
    losses = [run.configuration.get("loss") for run in found.runs]
    assert losses == [None, {"name": "cross_entropy", "label_smoothing": 0.1}, "mse"]
    assert found.settings[1] == "sgd-lr0.1-losscross_entropy-label_smoothing0.1"
    assert name_of_part(losses[1]) == "cross_entropy"


def test_each_spelling_of_transforms_is_one_run(folder):
    spellings = [
        "transforms: [flip, {crop: 2}, {noise: {deviation: 0.2}}]",
        "transforms: [{name: flip}, {name: crop, padding: 2}, {name: noise, deviation: 0.2}]",
    ]
    first, second = (plan(folder, line).runs[0] for line in spellings)
    assert first.name == second.name
    assert first.configuration["transforms"] == [
        "flip",
        {"name": "crop", "padding": 2},
        {"name": "noise", "deviation": 0.2},
    ]
    assert plan(folder, "transforms: [{crop: 4}]").runs[0].configuration["transforms"] == ["crop"]
    none = plan(folder, "transforms: []").runs[0]
    assert none.name == plan(folder).runs[0].name
    own = plan(folder, "transforms: {name: 'nets.py:jitter', by: 0.2}").runs[0]
    assert own.configuration["transforms"] == [{"name": "nets.py:jitter", "by": 0.2}]


EVERYTHING = (
    "model: {name: cnn, channels: [[16, 8], [4]]}\n"
    "    transforms: [flip, {crop: 2}]\n"
    "    loss: {name: cross_entropy, class_weights: [3, 2, 1, 1, 1, 1, 1, 1, 1, 1]}",
    "{name: sgd, lr: [0.2, 0.1], model: [{python: 'nets.py:Small',"
    " arguments: {width: [4, 2], norm: [true, false]}}, {name: 'nets.py:flat', width: 3}]},"
    " {name: adam}",
)


def test_jobs_read_the_same_study_without_looking_at_a_file(folder):
    found = atlas(folder, *EVERYTHING)
    names = [(run.name, run.setting) for run in found.plans["a"].runs]
    snapshot, definition = (
        json.loads(canonical_json(each))
        for each in (found.snapshot(), study_definition(found, "a"))
    )
    _, again = study_from_definition(definition)
    for plan_of_job in (again, atlas_from_snapshot(snapshot).plans["a"]):
        assert [(run.name, run.setting) for run in plan_of_job.runs] == names


WITHOUT_TORCH = """\
import sys
from pathlib import Path
from lr_atlas.studies.atlas import load_atlas
load_atlas([Path(sys.argv[1])])
print("torch" in sys.modules)
"""


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("model: {hidden: [3], initialisation: he}", "False"),
        ("model: {name: torchvision.resnet18}", "True"),
    ],
)
def test_torch_is_imported_for_those_studies_alone_that_need_it(line, asked, folder):
    atlas(folder, line)
    command = [sys.executable, "-c", WITHOUT_TORCH, folder / "config.yaml"]
    environment = {"PYTHONPATH": str(PROJECT / "scripts")}
    process = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert process.stdout == f"{asked}\n", process.stderr


def test_arguments_read_from_the_source_are_those_of_the_function():
    from lr_atlas.training.initialisation import SCHEMES

    assert get_args(Initialisation) == tuple(SCHEMES)
    found = {key: each.default for key, each in arguments_of_ours("model", "vit").items()}
    assert found.pop("initialisation") == "default"
    assert found == {"patch": 4, "width": 64, "depth": 4, "heads": 4, "dropout": 0.0}
    assert list(arguments_of_ours("loss", "cross_entropy")) == ["label_smoothing", "class_weights"]


def test_what_a_network_takes_is_known_without_training_it():
    size = size_of_model({"name": "2c2d"}, Form((28, 28), 10))
    assert size.weights == 3_274_634
    # 28 x 28 x 32 x 25, 14 x 14 x 64 x 25 x 32, 3136 x 1024 and 1024 x 10.
    assert size.products == 627_200 + 10_035_200 + 3_211_264 + 10_240
    plain = size_of_model({"hidden": [30]}, Form((28, 28), 10))
    assert plain.weights == 785 * 30 + 31 * 10
    assert size_of_model({"name": "nowhere.py:Net", "arguments": {}}, Form((28, 28), 10)).weights


def test_a_stamp_covers_the_files_of_a_network_and_a_librarys_version(folder):
    lines = ("model: {name: 2c2d}", "model: {name: torchvision.resnet18}", "transforms: [flip]")
    runs = [plan(folder, line).runs[0].configuration for line in lines]
    code = training_code(runs)
    assert "package torchvision" in code
    for edited, concerned in (
        ("lr_atlas/training/models/_2c2d.py", [True, False, False]),
        ("lr_atlas/training/models/_pooling.py", [True, False, False]),
        ("lr_atlas/training/models/_library.py", [False, True, False]),
        ("package torchvision", [False, True, False]),
        ("lr_atlas/training/transforms/flip.py", [False, False, True]),
        ("lr_atlas/training/transforms/_images.py", [False, False, True]),
    ):
        assert edited in code
        before, after = Stamps(code), Stamps({**code, edited: "edited"})
        assert [before(run) != after(run) for run in runs] == concerned


@pytest.fixture
def numbers(tmp_path):
    """A function that reads a study on data with numbers to predict, given a line of it."""
    labels = np.arange(20) / 2
    inputs = np.stack([labels, labels], axis=1)
    np.savez(tmp_path / "s.npz", x_train=inputs, y_train=labels, x_test=inputs, y_test=labels)

    def read(line):
        (tmp_path / "config.yaml").write_text(
            "datasets: {line: {arrays: s.npz, task: regression}}\nstudies:\n  a:\n"
            "    dataset: line\n    validation: 4\n    batch_size: 2\n    seeds: 1\n"
            f"    {line}\n    optimizers: [{{name: sgd, lr: 0.1}}]\n"
        )
        return load_atlas([tmp_path / "config.yaml"])

    return read


def test_numbers_have_a_loss_of_their_own_and_none_of_classes(numbers):
    found = numbers("epochs: 1")
    (run,) = found.plans["a"].runs
    assert run.configuration["loss"] == "mse"
    assert run.parameters["loss"] == "mse"
    (again,) = study_from_definition(study_definition(found, "a"))[1].runs
    assert again.name == run.name
    huber = numbers("loss: {name: huber, delta: 2}").plans["a"].runs[0].configuration
    assert huber["loss"] == {"name": "huber", "delta": 2.0}
    for line, told in (
        ("loss: cross_entropy", "the loss cross_entropy is for classification, and this data is"),
        ("model: {name: cnn}", "cnn takes images of channels, rows and columns; an input here has"),
        ("transforms: flip", "flip changes images of channels, rows and columns; an input here"),
    ):
        with pytest.raises(UserError) as error:
            numbers(line)
        assert told in str(error.value)
