"""Two copies of the project share what they have trained, and nothing that is not the same."""

import re
import shutil
import subprocess
import sys

import pytest
from whole_runs import PROJECT, TINY, executed, run_folders, runs_of, snakemake

from lr_atlas.data.image_files import load_images, save_images

STUDY = """
datasets:
  fashion_mnist: {{directory: {data}}}
cache: {{directory: {cache}}}
studies:
  shared:
    dataset: fashion_mnist
    validation: 100
    model: {{hidden: [{hidden}]}}
    batch_size: 20
    epochs: {epochs}
    seeds: [{seed}]
    optimizers: [{{name: adam, lr: {rates}}}]
"""


@pytest.fixture
def configured(tmp_path):
    """A function that writes the configuration of a study that uses the shared cache."""
    (tmp_path / "cache").mkdir()

    def write(name, data=TINY.parents[1] / "data" / "fashion-mnist-tiny", **values):
        path = tmp_path / f"{name}.yaml"
        values = {"hidden": 16, "epochs": 3, "seed": 0, "rates": [0.001], **values}
        path.write_text(STUDY.format(data=data, cache=tmp_path / "cache", **values))
        return path

    return write


def train(directory, config, project=PROJECT):
    """Train what is missing, and tell how: {how a run came to be: how many}."""
    process = snakemake(
        "--until", "train", directory=directory, config=config, project=project, current=project
    )
    assert process.returncode == 0, process.stdout + process.stderr
    logs = [path.read_text() for path in (directory / "results" / "logs" / "train").rglob("*.log")]
    return {
        "taken": sum("nothing to train: taken from" in log for log in logs),
        "continued": sum("going on after" in log for log in logs),
        "trained": sum("epoch 1/" in log for log in logs),
    }


def content(directory):
    return {
        (folder.parent.name, name): (folder / name).read_bytes()
        for folder in run_folders(directory)
        for name in ("history.csv", "timing.csv", "model.pt")
    }


def test_a_second_clone_trains_nothing_that_the_first_has_trained(configured, copied, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    config = configured("one", rates=[0.001, 0.01])
    assert train(first, config) == {"taken": 0, "continued": 0, "trained": 2}
    found = train(second, config, project=copied)
    assert found == {"taken": 2, "continued": 0, "trained": 0}
    assert content(second) == content(first)
    # From here on it is as if the runs had been trained here.
    table = "results/studies/shared/runs.csv"
    process = snakemake(table, directory=second, config=config, project=copied)
    assert executed(process) == {"collect": 1}
    # The first goes on, and the second takes part.
    longer = configured("longer", epochs=5, rates=[0.001, 0.01])
    assert train(second, longer, project=copied)["continued"] == 2
    shutil.rmtree(first / "results" / "logs")
    assert train(first, longer) == {"taken": 2, "continued": 0, "trained": 0}


def test_another_seed_or_network_or_data_or_code_is_never_served(configured, copied, tmp_path):
    train(tmp_path / "first", configured("one"))
    fresh = {"taken": 0, "continued": 0, "trained": 1}
    assert train(tmp_path / "seed", configured("seed", seed=1)) == fresh
    assert train(tmp_path / "network", configured("network", hidden=17)) == fresh

    other_data = tmp_path / "data"
    shutil.copytree(PROJECT / "tests" / "data" / "fashion-mnist-tiny", other_data)
    name = "labels-idx1-ubyte.gz"
    labels = subprocess.run(
        ["gzip", "-dc", other_data / f"train-{name}"], capture_output=True, check=True
    ).stdout
    other = labels[:-1] + bytes([(labels[-1] + 1) % 10])
    packed = subprocess.run(["gzip", "-nc"], input=other, capture_output=True, check=True).stdout
    (other_data / f"train-{name}").write_bytes(packed)
    assert train(tmp_path / "images", configured("images", data=other_data)) == fresh

    module = copied / "scripts" / "lr_atlas" / "training" / "models" / "fully_connected.py"
    text = module.read_text()
    assert "nn.ReLU," in text
    module.write_text(text.replace("nn.ReLU,", "nn.ReLU6,"))
    assert train(tmp_path / "code", configured("one"), project=copied) == fresh
    log = next((tmp_path / "code" / "results" / "logs" / "train").rglob("*.log")).read_text()
    changed = r"lr_atlas/training/models/fully_connected\.py changed"
    assert re.search(rf"not used: .*: it is from other code: {changed}", log)


def test_images_that_were_swapped_under_the_same_name_are_made_again(configured, tmp_path):
    train(tmp_path / "first", configured("one"))
    second = tmp_path / "second"
    shutil.copytree(tmp_path / "first" / "results" / "data", second / "results" / "data")
    (path,) = (second / "results" / "data").glob("*/train.npz")
    images, labels = load_images(path)
    whole = path.read_bytes()
    images[0, 400] ^= 1
    save_images(path, images, labels)
    assert train(second, configured("one")) == {"taken": 1, "continued": 0, "trained": 0}
    assert path.read_bytes() == whole


def test_two_clones_that_fill_the_cache_at_once_do_no_harm(configured, tmp_path):
    config = configured("one", rates=[0.001, 0.01])
    command = [sys.executable, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile"]
    command += ["--cores", "2", "--until", "train", "--configfile", config, "--directory"]
    both = [
        subprocess.Popen(
            list(map(str, [*command, tmp_path / name])),
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name in ("one", "other")
    ]
    assert [process.wait() for process in both] == [0, 0]
    assert content(tmp_path / "one") == content(tmp_path / "other")
    logs = [
        path.read_text()
        for name in ("one", "other")
        for path in (tmp_path / name / "results" / "logs" / "train").rglob("*.log")
    ]
    assert len(logs) == 4
    assert sum("nothing to train: taken from" in log for log in logs) == 2, "each was trained once"


def test_a_cache_folder_that_is_not_there_is_answered_before_anything_runs(configured, tmp_path):
    config = configured("one")
    (tmp_path / "cache").rmdir()
    process = snakemake("--dry-run", directory=tmp_path / "first", config=config)
    text = process.stdout + process.stderr
    assert process.returncode == 1
    assert f"one.yaml:4: cache.directory: there is no folder {tmp_path / 'cache'}; make it" in text
    assert "Traceback" not in text


def test_a_folder_of_a_run_that_is_a_link_is_answered_before_anything_runs(tmp_path):
    link = tmp_path / "results" / "runs" / sorted(runs_of(TINY))[0]
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path)
    process = snakemake("--dry-run", directory=tmp_path)
    text = process.stdout + process.stderr
    assert process.returncode == 1
    assert "is a link where a folder belongs" in text
    assert "Traceback" not in text
