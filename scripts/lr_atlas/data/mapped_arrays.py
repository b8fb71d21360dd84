"""Arrays in an uncompressed `.npz`, which are mapped into memory and not read.

Jobs on one machine then share them, and a set may be larger than the memory of a job.
"""

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from lr_atlas.common.safe_files import open_plain

#: Each array begins at a multiple of so many bytes, as arrays in memory do.
_ALIGNMENT = 64
#: The header of a member before its name, and what zipfile adds after it for large ones.
_LOCAL_HEADER, _LARGE = 30, 20
#: The beginning of a field beside the name: its kind (the one Android aligns with), its length.
_FIELD = struct.Struct("<HH")
_ALIGNING = 0xD935


def write_aligned(file: BinaryIO, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as an uncompressed .npz in which each begins at a multiple of 64 bytes.

    Equal arrays give equal bytes.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")
            begin = file.tell() + _LOCAL_HEADER + len(member.filename) + _LARGE + _FIELD.size
            padding = -begin % _ALIGNMENT
            member.extra = _FIELD.pack(_ALIGNING, padding) + bytes(padding)
            with archive.open(member, "w", force_zip64=True) as out:
                np.lib.format.write_array(out, array, allow_pickle=False)


def mapped(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a .npz by name, mapped copy-on-write: a change stays in this process.

    Those that are compressed are read. Raises OSError, ValueError, KeyError or zipfile.BadZipFile
    for a damaged file.
    """
    found = {}
    with open_plain(path) as file, zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if member.compress_type == zipfile.ZIP_STORED and member.file_size:
                found[name] = _mapped(file, member)
            else:
                with archive.open(member) as content:
                    found[name] = np.lib.format.read_array(content, allow_pickle=False)
    return found


def _mapped(file: io.BufferedReader, member: zipfile.ZipInfo) -> np.ndarray:
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile(f"{member.filename} is not where it should be")
    begin = member.header_offset + _LOCAL_HEADER + sum(struct.unpack_from("<HH", header, 26))
    file.seek(begin)
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in read:
        raise ValueError(f"{member.filename} is of another version of NumPy's form: {version}")
    shape, is_fortran, dtype = read[version](file)
    if dtype.hasobject:
        raise ValueError(f"{member.filename} holds objects")
    size = dtype.itemsize * int(np.prod(shape))
    if file.tell() + size != begin + member.file_size:
        raise ValueError(f"{member.filename} is cut off")
    if size == 0:
        return np.empty(shape, dtype)
    order: Literal["F", "C"] = "F" if is_fortran else "C"
    return np.asarray(np.memmap(file, dtype, "c", file.tell(), shape, order))
