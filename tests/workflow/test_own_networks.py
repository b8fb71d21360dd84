"""A network of one's own, with batch norm, transforms and a loss with arguments, to its page."""

import json

import pandas as pd
import pytest
import torch
from whole_runs import TINY_DATA, executed, planned, snakemake, trained

NETS = """\
from torch import nn

class Small(nn.Sequential):
    def __init__(self, shape, classes, width=4):  # comment
        super().__init__(
            nn.Conv2d(shape[0], width, 3, stride=2), nn.BatchNorm2d(width), nn.ReLU(), nn.Flatten(),
            nn.Linear(width * 13 * 13, classes),
        )
"""
CONFIG = f"""\
datasets: {{fashion_mnist: {{directory: '{TINY_DATA}'}}}}
studies:
  own:
    dataset: fashion_mnist
    validation: 100
    batch_size: 20
    epochs: 2
    seeds: 1
    model: {{python: 'nets.py:Small', arguments: {{width: [3, 5]}}}}
    transforms: [flip, {{crop: 2}}, normalise]
    optimizers:
      - {{name: sgd, lr: 0.1, loss: {{name: cross_entropy, label_smoothing: 0.1}}}}
      - {{name: adam, model: {{name: cnn, channels: [4]}}}}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """(folder of a configuration, folder in which it was run to the page)."""
    folder = tmp_path_factory.mktemp("networks")
    (folder / "nets.py").write_text(NETS)
    (folder / "config.yaml").write_text(CONFIG)
    directory = folder / "work"
    process = snakemake("own", directory=directory, config=folder / "config.yaml")
    assert process.returncode == 0, process.stderr
    assert executed(process)["train"] == 3
    return folder, directory


def test_tables_and_page_say_which_network_it_is(place):
    _, directory = place
    study = directory / "results" / "studies" / "own"
    runs = pd.read_csv(study / "runs.csv")
    assert sorted(runs["network"]) == ["Small-width3", "Small-width5", "cnn-channels4"]
    assert set(runs["loss"]) == {"cross_entropy", "cross_entropy-label_smoothing0.1"}
    said = "".join(path.read_text() for path in study.glob("*.md"))
    assert "Network: nets.py:Small, width 3 or nets.py:Small, width 5" in said
    assert "images changed in training: flip, crop (padding 2), normalise" in said


def test_the_test_is_taken_with_the_running_statistics_of_batch_norm(place, tiny_arrays):
    _, directory = place
    study = directory / "results" / "studies" / "own"
    tested = pd.read_csv(study / "test.csv")
    row = next(tested[tested["setting"].str.startswith("sgd")].itertuples())
    (folder,) = (directory / "results" / "runs" / row.run).glob("epochs-*")
    state = torch.load(folder / "model.pt", weights_only=True)
    width = json.loads((folder / "run.json").read_text())["configuration"]["model"]["arguments"]
    scope = {}
    exec(NETS, scope)
    network = scope["Small"]((1, 28, 28), 10, **width)
    network.load_state_dict({k[2:]: v for k, v in state.items() if k.startswith("1.")})
    assert bool(network[1].running_mean.any())
    images, labels = (torch.from_numpy(each) for each in tiny_arrays["test"])
    inputs = (images.float().view(-1, 1, 28, 28) / 255 - state["0.mean"]) / state["0.deviation"]
    with torch.no_grad():
        outputs = network.eval()(inputs)
    loss = torch.nn.functional.cross_entropy(outputs, labels.long(), label_smoothing=0.1)
    assert row.test_loss == pytest.approx(float(loss), rel=1e-4)
    assert row.test_accuracy == float((outputs.argmax(1) == labels).double().mean())


def test_an_edit_of_the_file_trains_its_runs_alone_and_a_comment_none(place):
    folder, directory = place

    def dry_run():
        return snakemake(
            "--until", "train", "--dry-run", directory=directory, config=folder / "config.yaml"
        )

    (folder / "nets.py").write_text(NETS.replace("# comment", "# another comment"))
    assert planned(dry_run()) == {}
    (folder / "nets.py").write_text(NETS.replace("stride=2", "stride=2, bias=False"))
    found = dry_run()
    assert planned(found) == {"train": 2}
    assert {name.split("-")[1] for name in trained(found)} == {"sgd"}
