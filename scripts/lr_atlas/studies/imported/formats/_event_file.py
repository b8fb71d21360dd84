"""Event files of TensorBoard: records, each with its length and its checksums."""

import functools
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lr_atlas.studies.imported.content import ForeignFileError, open_unpacked, start_of
from lr_atlas.studies.imported.formats import _messages as pb

_HEADER = struct.Struct("<QI")
_CHECK = 4
#: In the first record of every file; and how far from its beginning.
_VERSION, _BEGINNING = b"brain.Event:", 64
#: Records of scalars and parameters are shorter; what is longer is a picture, a graph or a model.
_LONGEST = 2**20
_POLYNOMIAL = 0x82F63B78
_MASK = 0xA282EAD8


def is_event_file(path: Path) -> bool:
    """Return whether a file begins as TensorBoard's event files do."""
    return _VERSION in start_of(path)[:_BEGINNING]


def events_of(path: Path, notes: list[str]) -> Iterator[pb.Fields]:
    """Yield the events of a file; a cut end, as of a run that was killed, is noted.

    Raises ForeignFileError where a record does not have its checksum.
    """
    with open_unpacked(path) as file:
        while header := file.read(_HEADER.size):
            length, check = _HEADER.unpack(header) if len(header) == _HEADER.size else (0, None)
            if check is not None and _checksum(header[:8]) != check:
                raise ForeignFileError(path, "damaged: the length of a record is none")
            record = _record(file, length) if check is not None else None
            if record is None:
                notes.append(f"{path}: the end is cut off; taken as far as it goes")
                return
            if not record:
                continue
            if _checksum(record[:-_CHECK]) != int.from_bytes(record[-_CHECK:], "little"):
                raise ForeignFileError(path, "damaged: a record does not have its checksum")
            try:
                yield pb.fields_of(record[:-_CHECK])
            except pb.MessageError as error:
                raise ForeignFileError(path, f"damaged: {error}") from None


def _record(file: BinaryIO, length: int) -> bytes | None:
    """Return a record and its checksum; b"" for one too long to be read, None for a cut one."""
    left = length + _CHECK
    if left <= _LONGEST:
        record = file.read(left)
        return record if len(record) == left else None
    while left:
        piece = file.read(min(left, _LONGEST))
        if not piece:
            return None
        left -= len(piece)
    return b""


@functools.cache
def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)


def _checksum(content: bytes) -> int:
    """Return the masked CRC-32C of TensorBoard's records (Castagnoli, as in RFC 3720, B.4)."""
    table, check = _table(), 0xFFFFFFFF
    for byte in content:
        check = check >> 8 ^ table[(check ^ byte) & 0xFF]
    check ^= 0xFFFFFFFF
    return ((check >> 15 | check << 17) + _MASK) & 0xFFFFFFFF
