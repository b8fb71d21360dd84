"""Train one run and write its folder: history.csv, timing.csv, run.json and model.pt.

With checkpoints, a run that was interrupted goes on, one that was trained for fewer epochs is
trained for the rest alone, and one that was finished before is not trained at all.

A run that diverges or collapses ends well, with that status in run.json; only a crash is a failure.
"""

import argparse
import contextlib
import hashlib
import importlib.metadata
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.checkpoints import Origin, find_end, finished_run, only_one_works
from lr_atlas.entry_point import run_script
from lr_atlas.fingerprint import check_code, code_digests, fingerprint
from lr_atlas.run_files import write_run
from lr_atlas.run_identity import run_name

LOGGER = logging.getLogger(__name__)


def main(
    configuration: str,
    epochs: int,
    training_images: Path,
    test_images: Path | None,
    device: str,
    checkpoints: Sequence[Path],
    on_new_torch: str,
    output_directory: Path,
) -> None:
    """Write the files of the run that `configuration` (canonical JSON) describes."""
    canonical = json.loads(configuration)
    name = run_name(canonical)
    images = [path for path in (training_images, test_images) if path]
    origin = Origin(
        configuration=canonical,
        code=code_digests(Path(__file__)),
        data={path.name: file_digest(path) for path in images},
        torch=importlib.metadata.version("torch"),
    )
    LOGGER.info("%s, %d epochs", name, epochs)
    alone = only_one_works(checkpoints[0], name) if checkpoints else contextlib.nullcontext()
    with alone:
        end = find_end(checkpoints, origin, epochs, any_torch=on_new_torch == "keep")
        if end:
            LOGGER.info("nothing to train: taken from %s", end.path)
            run = finished_run(end, epochs)
        else:
            # Only now, since torch takes longer to import than a finished run takes to be copied.
            from lr_atlas.training_job import train_run

            check_code(Path(__file__), origin.code)
            run = train_run(origin, epochs, training_images, test_images, device, checkpoints)
        # A job that has outlived its Snakemake may want to write the same folder.
        write_run(output_directory, run, fingerprint(origin.code))
    LOGGER.info("%s", ": ".join(filter(None, (run.description[k] for k in ("status", "reason")))))


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
    parser.add_argument(
        "--checkpoints",
        type=Path,
        nargs="+",
        default=[],
        help="folders to look for checkpoints in; new ones are kept in the first; none without it",
    )
    parser.add_argument(
        "--on-new-torch",
        choices=["keep", "recompute"],
        default="keep",
        help="whether a run that another version of torch has finished is taken as it is",
    )
    parser.add_argument("--output-directory", type=Path, required=True, help="the run's folder")
    run_script(main, parser)
