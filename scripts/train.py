"""Train one run, or have its program do so, and write the files of its folder, see run_files.

With checkpoints, a run that was interrupted goes on, one that was trained for fewer epochs is
trained for the rest alone, and one that was finished before is not trained at all.

A run that diverges or collapses ends well, with that status in run.json; only a crash is a failure.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.entry_point import leave_at_once, run_job
from lr_atlas.common.safe_files import read_plain
from lr_atlas.runs.single_run import Conditions, Task, complete_run
from lr_atlas.runs.training_code import training_code
from lr_atlas.runs.training_options import add_training_options
from lr_atlas.training.parts import count_own_files_from


def main(
    *,
    configuration: str,
    epochs: int,
    training_images: Path | None,
    test_images: Path | None,
    device: str,
    checkpoints: Sequence[Path],
    on_new_torch: str,
    own_files: Path,
    output_directory: Path,
    packed_log: Path | None,
    take_only: bool,
) -> None:
    """Write the files of the run that `configuration` (canonical JSON) describes."""
    if take_only and packed_log and packed_log.exists():
        sys.stderr.write(read_plain(packed_log).decode("utf-8", "replace"))
    count_own_files_from(own_files)
    run = json.loads(configuration)
    images = [path for path in (training_images, test_images) if path]
    complete_run(
        Task(run, epochs, images, output_directory),
        Conditions(training_code([run]), device, checkpoints, on_new_torch),
        may_train=not take_only,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--configuration",
        required=True,
        help='the run\'s canonical configuration as JSON, such as \'{"dataset":"mnist",'
        '"optimizer":{"name":"sgd","lr":0.1},"seed":0}\'; keys left out have their defaults',
    )
    parser.add_argument(
        "--epochs",
        type=int,
        required=True,
        help="passes over the training images; steps, where the configuration counts in these",
    )
    parser.add_argument(
        "--training-images",
        type=Path,
        nargs="?",
        help="train.npz; none for a run of a program, which reads what it wants to",
    )
    parser.add_argument(
        "--test-images",
        type=Path,
        nargs="?",
        help="test.npz, only for runs with validation: test",
    )
    add_training_options(parser)
    parser.add_argument(
        "--take-only", action="store_true", help="do not train: take the end from a checkpoint"
    )
    parser.add_argument(
        "--packed-log",
        type=Path,
        metavar="FILE",
        help="log of its training, shown with --take-only",
    )
    parser.add_argument("--output-directory", type=Path, required=True, help="the run's folder")
    run_job(main, parser)
    leave_at_once()
