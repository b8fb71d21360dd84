"""Tests of training on a GPU; skipped where there is none."""

import json
import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from whole_runs import TINY, TINY_DATA, executed, run_folders, snakemake

from lr_atlas.data.image_files import save_images
from lr_atlas.runs import training_job
from lr_atlas.runs.devices import RUNS_ON_A_GPU
from lr_atlas.runs.precision import begun_trainer, use_precision
from lr_atlas.runs.single_run import Conditions, Task, complete_run
from lr_atlas.runs.training_code import training_code
from lr_atlas.runs.training_job import CheckpointKeeper, choose_device
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.steps import autograd as autograd_steps

needs_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here")

OPTIMIZERS = {
    "sgd": {"lr": 0.1, "momentum": 0.9},
    "adam": {"lr": 0.001},
    "rmsprop": {"lr": 0.001},
    "nadam": {"lr": 0.001},
    "adagrad": {"lr": 0.01},
}


def test_a_machine_has_as_many_gpu_slots_as_the_plan_reckons_with():
    profile = Path(__file__).parents[2] / "profiles" / "default" / "config.yaml"
    assert f"\n  - gpu={RUNS_ON_A_GPU}\n" in profile.read_text(encoding="utf-8")


def images(device, count=1030):
    """Images that can be learnt; the last batch of 100 is smaller than the others."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 10, count, dtype=np.uint8)
    centres = generator.integers(0, 256, (10, 784))
    noisy = centres[labels] + generator.normal(0, 40, (count, 784))
    return image_set(noisy.clip(0, 255).astype(np.uint8), labels, device)


def trained(optimizer, epochs=2, dropout=0.0, device="cuda", **more):
    """(a trainer after some epochs, how they went)."""
    configuration = complete_configuration(
        {
            "dataset": "mnist",
            "seed": 0,
            "model": {"hidden": [32], "activation": "relu", "dropout": dropout},
            "optimizer": {"name": optimizer, **OPTIMIZERS[optimizer]},
            **more,
        }
    )
    chosen = choose_device(device)
    use_precision(configuration, chosen)
    data = images(chosen)
    trainer = begun_trainer(configuration, data, Form((28, 28), 10))
    train(trainer, data, epochs)
    return trainer, [record.train["loss"] for record in trainer.progress.records]


@needs_a_gpu
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_recorded_steps_are_the_steps_themselves(optimizer, monkeypatch):
    recorded, losses = trained(optimizer)
    monkeypatch.setattr(autograd_steps, "can_be_recorded", lambda optimizer: False)
    direct, expected = trained(optimizer)
    assert (recorded.steps.step != recorded.steps._step) == (optimizer != "adagrad")
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    for one, other in zip(recorded.network.parameters(), direct.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@needs_a_gpu
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_gpu_computes_what_the_processor_does(optimizer):
    _, losses = trained(optimizer)
    _, expected = trained(optimizer, device="cpu")
    np.testing.assert_allclose(losses, expected, rtol=1e-3)


@pytest.mark.parametrize(
    ("precision", "device"),
    [
        ("bfloat16", "cpu"),
        pytest.param("bfloat16", "cuda", marks=needs_a_gpu),
        pytest.param("tf32", "cuda", marks=needs_a_gpu),
    ],
)
def test_runs_of_other_precisions_have_the_same_bytes_each_time_and_are_near(precision, device):
    first, losses = trained("sgd", device=device, precision=precision)
    second, _ = trained("sgd", device=device, precision=precision)
    assert first.state()[1] == second.state()[1]
    usual, expected = trained("sgd", device=device)
    assert first.state()[1] != usual.state()[1]
    np.testing.assert_allclose(losses, expected, rtol=0.05)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=needs_a_gpu)])
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_run_has_the_same_bytes_each_time_and_when_it_goes_on(dropout, device):
    how = {"dropout": dropout, "device": device}
    first, second = (trained("adam", epochs=3, **how)[0] for _ in range(2))
    assert first.state()[1] == second.state()[1]
    half, _ = trained("adam", epochs=1, **how)
    resumed, _ = trained("adam", epochs=0, **how)
    resumed.restore(*half.state())
    train(resumed, images(choose_device(device)), 3)
    assert resumed.state()[1] == first.state()[1]


def killed(task, conditions):
    """Train until the second checkpoint, and be killed."""
    save, saved = CheckpointKeeper.save, []

    def save_and_end(self, description=None):
        save(self, description)
        saved.append(description)
        if len(saved) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    CheckpointKeeper.save = save_and_end
    training_job._INTERVAL = 0
    complete_run(task, conditions)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=needs_a_gpu)])
def test_a_job_that_was_killed_goes_on_to_the_same_bytes(device, tiny_arrays, tmp_path):
    path = tmp_path / "images" / "train.npz"
    path.parent.mkdir()
    save_images(path, *tiny_arrays["train"])
    run = {
        **{"dataset": "fashion_mnist", "seed": 0, "batch_size": 20, "validation": 100},
        "model": {"hidden": [16], "dropout": 0.2},
        "optimizer": {"name": "adam", "lr": 0.001},
    }
    tasks = {name: Task(run, 4, (path,), tmp_path / name) for name in ("whole", "again")}
    conditions = {
        name: Conditions(training_code([run]), device, [tmp_path / f"kept of {name}"], "keep")
        for name in tasks
    }
    complete_run(tasks["whole"], conditions["whole"])
    # A process that has used a card cannot be copied.
    process = multiprocessing.get_context("spawn").Process(
        target=killed, args=(tasks["again"], conditions["again"])
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    complete_run(tasks["again"], conditions["again"])
    whole, again = (
        {name: (task.folder / name).read_bytes() for name in ("model.pt", "run.json")}
        for task in tasks.values()
    )
    assert again["model.pt"] == whole["model.pt"]
    assert len(json.loads(again["run.json"])["trained_in"]) == 2


@needs_a_gpu
def test_the_host_waits_for_the_gpu_as_often_in_a_long_epoch_as_in_a_short_one(recwarn):
    trainer, _ = trained("sgd", epochs=1)

    def waits(count):
        recwarn.clear()
        torch.cuda.set_sync_debug_mode("warn")
        try:
            trainer.steps.train(torch.arange(count, device="cuda"), seed=0)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        return len(recwarn)

    assert waits(1000) == waits(200)


@needs_a_gpu
def test_auto_takes_the_gpu_and_runs_share_it(tmp_path):
    process = snakemake("--until", "train", directory=tmp_path)
    assert executed(process)["train"] == len(run_folders(tmp_path))
    for folder in run_folders(tmp_path):
        assert '"device": "cuda (' in (folder / "run.json").read_text(encoding="utf-8")


def mixed(directory, device):
    """The devices of runs of one study: some are trained on a processor, then all others."""
    text = TINY.read_text(encoding="utf-8").replace("../data/fashion-mnist-tiny", str(TINY_DATA))
    one, both = directory.parent / "one.yaml", directory.parent / "both.yaml"
    of_one = text.replace("seeds: 2", "seeds: 1")
    one.write_text(f"compute: {{device: cpu}}\n{of_one}", encoding="utf-8")
    both.write_text(f"compute: {{device: {device}}}\n{text}", encoding="utf-8")
    executed(snakemake("--until", "train", directory=directory, config=one))
    before = len(run_folders(directory))
    done = executed(snakemake("--until", "collect", directory=directory, config=both))
    assert done["collect"] == 2
    files = [folder / "run.json" for folder in run_folders(directory)]
    devices = [json.loads(path.read_text(encoding="utf-8"))["device"] for path in files]
    return before, [each.split(" ")[0] for each in devices]


@needs_a_gpu
def test_runs_of_a_study_that_a_processor_has_trained_stay_and_a_gpu_trains_the_others(tmp_path):
    before, devices = mixed(tmp_path / "work", "cuda")
    assert devices.count("cpu") == before
    assert devices.count("cuda") == len(devices) - before > 0
