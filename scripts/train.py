"""Train one run and write its folder: history.csv, timing.csv, run.json and model.pt.

A run that diverges or collapses ends well, with that status in run.json; only a crash is a failure.
"""

import argparse
import json
import logging
import os
import platform
from pathlib import Path

import torch

from lr_atlas.errors import UserError
from lr_atlas.image_files import load_images
from lr_atlas.image_format import CLASSES
from lr_atlas.image_sets import hold_out, image_set
from lr_atlas.logs import run_script
from lr_atlas.network import write_weights
from lr_atlas.run_files import (
    DESCRIPTION,
    HISTORY,
    MODEL,
    TIMING,
    write_description,
    write_history,
    write_timing,
)
from lr_atlas.run_identity import complete_configuration, run_name
from lr_atlas.training import train

LOGGER = logging.getLogger(__name__)


def main(
    configuration: str,
    epochs: int,
    training_images: Path,
    test_images: Path | None,
    device: str,
    output_directory: Path,
) -> None:
    """Train the run that `configuration` (canonical JSON) describes and write its files."""
    canonical = json.loads(configuration)
    complete = complete_configuration(canonical)
    torch.set_num_threads(complete["threads"])
    device = choose_device(device)
    LOGGER.info("%s, %d epochs on %s", run_name(canonical), epochs, device)
    training_set = image_set(*load_images(training_images), device)
    if complete["validation"] == "test":
        validation_set = image_set(*load_images(test_images), device)
    else:
        training_set, validation_set = hold_out(training_set, complete["validation"])
    LOGGER.info("%d training images, %d validation images", len(training_set), len(validation_set))
    result = train(complete, training_set, validation_set, epochs, CLASSES)
    LOGGER.info("%s%s", result.status, f": {result.reason}" if result.reason else "")
    output_directory.mkdir(parents=True, exist_ok=True)
    write_history(output_directory / HISTORY, result.records)
    write_timing(output_directory / TIMING, result.records)
    write_weights(output_directory / MODEL, result.network)
    write_description(
        output_directory / DESCRIPTION,
        {
            "run": run_name(canonical),
            "configuration": complete,
            "canonical_configuration": canonical,
            "epochs": epochs,
            "status": result.status,
            "reason": result.reason,
            "diverged_epoch": result.diverged_epoch,
            "diverged_step": result.diverged_step,
            "epochs_completed": len(result.records),
            "training_images": len(training_set),
            "validation_images": len(validation_set),
            "device": str(device),
            "threads": complete["threads"],
            "gradients": result.gradients,
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
            "machine": {"processor": processor(), "system": platform.platform()},
        },
    )


def choose_device(wanted: str) -> torch.device:
    """A torch.device: `auto` takes a GPU where there is one. Raises UserError without one."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "compute.device is cuda, but torch finds no GPU here; use auto or cpu in config.yaml"
        )
    use_gpu = wanted == "cuda" or (wanted == "auto" and torch.cuda.is_available())
    if use_gpu:
        # Without this cuBLAS may give other bytes from run to run.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
    return torch.device("cuda" if use_gpu else "cpu")


def processor() -> str:
    """The processor's name, or its architecture where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--configuration",
        required=True,
        help='the run\'s canonical configuration as JSON, such as \'{"dataset":"mnist",'
        '"optimizer":{"name":"sgd","lr":0.1},"seed":0}\'; keys left out have their defaults',
    )
    parser.add_argument("--epochs", type=int, required=True, help="passes over the training images")
    parser.add_argument("--training-images", type=Path, required=True, help="train.npz")
    parser.add_argument(
        "--test-images",
        type=Path,
        nargs="?",
        help="test.npz, only for runs with validation: test",
    )
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--output-directory", type=Path, required=True, help="the run's folder")
    run_script(main, parser)
