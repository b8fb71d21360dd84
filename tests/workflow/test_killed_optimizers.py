"""Runs of methods with more than one state, killed at random: the bytes of one that never was."""

import json
import random
import re
import subprocess
import sys

import pytest
from whole_runs import PROJECT

from lr_atlas.data.image_files import save_images

EPOCHS = 300
OPTIMIZERS = {
    "muon": {"name": "muon", "lr": 0.01, "rest": {"name": "adamw", "lr": 0.003}},
    "schedule-free": {"name": "schedulefree:AdamWScheduleFree", "lr": 0.003, "warmup_steps": 40},
}


def training(images, folder, optimizer):
    """A training job that has just been started; its log comes through stderr."""
    configuration = {
        "dataset": "fashion_mnist",
        "seed": 0,
        "batch_size": 10,
        "validation": 100,
        "model": {"hidden": [32, 16], "dropout": 0.2},
        "optimizer": optimizer,
    }
    return subprocess.Popen(
        [
            *(sys.executable, PROJECT / "scripts" / "train.py", "--epochs", str(EPOCHS)),
            *("--configuration", json.dumps(configuration), "--training-images", images),
            *("--checkpoints", folder / "kept", "--output-directory", folder / "run"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )


def bytes_of(folder):
    return {name: (folder / name).read_bytes() for name in ("history.csv", "model.pt")}


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_run_killed_three_times_gives_the_same_bytes(optimizer, tiny_arrays, tmp_path):
    images, whole, killed = (tmp_path / name for name in ("train.npz", "whole", "killed"))
    save_images(images, *tiny_arrays["train"])
    process = training(images, whole, optimizer)
    log = process.communicate()[1]
    assert process.returncode == 0, log
    moments, starts = random.Random(1), []
    for _ in range(3):
        process = training(images, killed, optimizer)
        for line in process.stderr:
            found = re.search(r"epoch +(\d+)/", line)
            if found:
                starts.append(int(found[1]))
                break
        for _ in range(moments.randrange(60, 90)):
            process.stderr.readline()
        process.kill()
        process.communicate()
        assert not (killed / "run").exists()
    process = training(images, killed, optimizer)
    log = process.communicate()[1]
    assert process.returncode == 0, log
    assert starts == sorted(starts)
    assert starts[-1] > 1
    assert bytes_of(killed / "run") == bytes_of(whole / "run")
