"""Files of images held against the name of their folder, which stands for their content.

results/data/<data set>-<digest>/ has the digest of the four IDX files that its images came from,
and `source.json` in it those of each. Both can be computed from the images, so that a file that was
changed or damaged is never taken for what it was. Of other data `source.json` has the digest that
the folder's name begins, and those of the stored files. Without NumPy, since the workflow does it
whenever it starts.
"""

import contextlib
import hashlib
import json
import re
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.digests import combined_digest, file_digest
from lr_atlas.common.safe_files import open_plain, read_plain
from lr_atlas.data.image_format import IMAGE_SIDE, IMAGES_MAGIC, LABELS_MAGIC, PIXELS

FILES = ("train.npz", "test.npz")
SOURCE = "source.json"
#: Reading a damaged archive raises one of these.
_UNREADABLE = (OSError, ValueError, KeyError, NotImplementedError, zipfile.BadZipFile)
_FOLDER = re.compile(r"[\w-]+-([0-9a-f]{12})")
#: The beginning of a version 1 file of NumPy: 6 bytes and two for the version, then the length of
#: its header, two bytes.
_NPY_PREFIX = struct.Struct("<8sH")


def not_as_named(folder: Path) -> list[Path]:
    """Return the image files in a folder of results/data that are not what its name says."""
    paths = (folder / name for name in FILES)
    return [path for path in paths if path.exists() and check_images(path)]


def remove_changed(folder: Path) -> list[Path]:
    """Remove the image files that `not_as_named` finds, and return those that could be removed."""
    removed = []
    for path in not_as_named(folder):
        # A file that cannot be removed ends the job that wants to read it, with a message.
        with contextlib.suppress(OSError):
            path.unlink()
            removed.append(path)
    return removed


def check_images(path: Path) -> str:
    """Return why a file of images is not what the name of its folder says; empty if it is.

    Nothing can be said of a file in a folder whose name stands for no content.
    """
    match = _FOLDER.fullmatch(path.resolve().parent.name)
    if path.name not in FILES or not match:
        return ""
    try:
        stored = _stored_files(path.parent, match[1])
        if stored:
            same = file_digest(path) == stored.get(path.name)
            return "" if same else "its content is another one"
    except _UNREADABLE as error:
        return str(error)
    position = 2 * FILES.index(path.name)
    try:
        found = idx_digests(path)
    except _UNREADABLE as error:
        return f"it cannot be read: {error}"
    try:
        expected = _expected(path.parent, match[1])
    except _UNREADABLE as error:
        return str(error)
    if found == expected[position : position + 2]:
        return ""
    return f"its {'images' if found[0] != expected[position] else 'labels'} are others"


def _stored_files(folder: Path, digest: str) -> dict[str, str]:
    """Return {file: SHA-256} that `source.json` has of data that came from no IDX files.

    Empty for that from IDX files. Raises ValueError if it is of other data, whose digest begins in
    another way, and OSError.
    """
    try:
        said = json.loads(read_plain(folder / SOURCE))
        stored = dict(said["stored"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not str(said.get("digest")).startswith(digest):
        raise ValueError(f"its digest is not {digest}")
    return stored


def idx_digests(path: Path) -> list[str]:
    """Return the SHA-256 (hex) of the IDX files of images and of labels that a file was made of.

    Raises OSError, ValueError, KeyError, NotImplementedError or zipfile.BadZipFile for a file that
    `image_files.save_images` has not written so.
    """
    with open_plain(path) as file, zipfile.ZipFile(file) as archive:
        images, labels = (_array(archive.read(f"{name}.npy")) for name in ("images", "labels"))
    count, rest = divmod(len(images), PIXELS)
    if rest:
        raise ValueError("its images have another size")
    headers = (
        struct.pack(">4I", IMAGES_MAGIC, count, IMAGE_SIDE, IMAGE_SIDE),
        struct.pack(">2I", LABELS_MAGIC, len(labels)),
    )
    digests = []
    for header, content in zip(headers, (images, labels), strict=True):
        digest = hashlib.sha256(header)
        digest.update(content)
        digests.append(digest.hexdigest())
    return digests


def _array(content: bytes) -> memoryview:
    """Return the numbers (uint8) in a file of NumPy's. Raises ValueError for other numbers."""
    if len(content) < _NPY_PREFIX.size:
        raise ValueError("an array in it is cut off")
    magic, length = _NPY_PREFIX.unpack_from(content)
    begin = _NPY_PREFIX.size + length
    header = content[_NPY_PREFIX.size : begin]
    if (
        magic != b"\x93NUMPY\x01\x00"
        or b"'|u1'" not in header
        or b"'fortran_order': F" not in header
    ):
        raise ValueError("it holds no bytes in rows")
    return memoryview(content)[begin:]


def _expected(folder: Path, digest: str) -> Sequence[str]:
    """Return the SHA-256 of the four IDX files behind a folder, whose combined digest begins so.

    They stand in `source.json`. Where they do not (it is gone, or an earlier version of this
    project has written it) the images tell, if they are all there.
    Raises ValueError if neither has that digest, and what `idx_digests` raises.
    """
    for read in (_digests_in_source, _digests_of_images):
        files = read(folder)
        if combined_digest(files).startswith(digest):
            return files
    raise ValueError(f"its digest is not {digest}")


def _digests_in_source(folder: Path) -> list[str]:
    """Return what `source.json` says; nothing where it does not."""
    try:
        files = json.loads(read_plain(folder / SOURCE))["files"].values()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return [str(each) for each in files]


def _digests_of_images(folder: Path) -> list[str]:
    return [each for name in FILES for each in idx_digests(folder / name)]
