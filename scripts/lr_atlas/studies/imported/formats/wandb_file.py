"""The file `run-*.wandb` that W&B writes beside a run, offline or not, and all of it is in.

Its records lie in blocks, as in LevelDB's log; each is a message of protobuf. The package wandb
has no call that reads it, and none is needed.
"""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lr_atlas.studies.imported.content import ForeignFileError, open_unpacked, start_of
from lr_atlas.studies.imported.formats import _messages as pb
from lr_atlas.studies.imported.formats._runs import (
    FAILED,
    FINISHED,
    STOPPED,
    ForeignRun,
    flat,
    format_of_runs,
)

_MAGIC = b":W&B\xe1\xbe"
_BLOCK, _HEADER = 2**15, 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_MOST_RECORD = 2**26
# Numbers of fields, from W&B's wandb_internal.proto.
_HISTORY, _SUMMARY, _CONFIG, _RUN, _EXIT = 2, 3, 5, 17, 18
_KEY, _NESTED, _JSON = 1, 2, 16
_BOOLEAN, _INTEGER, _NUMBER, _TEXT = 4, 5, 6, 7
_PROJECT, _CONFIG_OF_RUN = 3, 4
#: Names that W&B adds to a history and to parameters; "_step" is the step.
_OWN = ("_timestamp", "_runtime", "_step", "_wandb")


def recognises(path: Path) -> bool:
    """Return whether a file begins as W&B's, or a folder is that of a run."""
    if path.is_dir():
        return bool(_files_in(path))
    return start_of(path).startswith(_MAGIC)


def _files_in(folder: Path) -> list[Path]:
    return [
        file
        for file in sorted(folder.glob("run-*.wandb"))
        if file.is_file() and not file.is_symlink()
    ]


def _runs(path: Path, notes: list[str]) -> list[ForeignRun]:
    """Return the run. Raises ForeignFileError; a cut end, as of a run that was killed, is noted."""
    if path.is_dir():
        return _runs(_files_in(path)[0], notes)
    if not recognises(path):
        raise ForeignFileError(path, "damaged: it does not begin as a file of W&B")
    # A run that was told of no end was killed, or goes on.
    run = ForeignRun(path.stem.removeprefix("run-"), path, {}, STOPPED)
    try:
        for record in _records(path, notes):
            _take(pb.fields_of(record), run)
    except pb.MessageError as error:
        raise ForeignFileError(path, f"damaged: {error}") from None
    return [run]


def _take(record: pb.Fields, run: ForeignRun) -> None:
    """Take what one record says of a run."""
    if _RUN in record:
        told = pb.inner(record, _RUN)
        run.name = pb.text(told, 1) or run.name
        if pb.text(told, _PROJECT):
            run.parameters.setdefault("project", pb.text(told, _PROJECT))
        _configure(pb.inner(told, _CONFIG_OF_RUN), run)
    elif _CONFIG in record:
        _configure(pb.inner(record, _CONFIG), run)
    elif _HISTORY in record:
        _measure(pb.inner(record, _HISTORY), run)
    elif _EXIT in record:
        run.status = FAILED if pb.signed(pb.inner(record, _EXIT), 1) else FINISHED


def _configure(config: pb.Fields, run: ForeignRun) -> None:
    for item in pb.inner_ones(config, 1):
        keys = _keys(item)
        if keys[0] not in _OWN:
            run.parameters |= flat({".".join(keys): _value(item, run.file)}, run.file)


def _measure(history: pb.Fields, run: ForeignRun) -> None:
    """Take a row of the history; only numbers are metrics."""
    values = {}
    for item in pb.inner_ones(history, 1):
        for name, value in flat({".".join(_keys(item)): _value(item, run.file)}, run.file).items():
            values[name] = value
    step = values.get("_step", pb.signed(pb.inner(history, 2), 1))
    numbers = {name: number_of(value) for name, value in values.items()}
    run.measure_together(
        step,
        {
            name: number
            for name, number in numbers.items()
            if number is not None and name.split(".")[0] not in _OWN
        },
    )


def number_of(value: Any) -> float | None:
    """Return a value of W&B's history as a number; None if it is none, as of a picture."""
    if isinstance(value, str):
        value = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": -float("inf")}.get(
            value
        )
    return float(value) if isinstance(value, int | float) else None


def _keys(item: pb.Fields) -> list[str]:
    nested = [pb.text({1: [each]}, 1) for each in item.get(_NESTED, ())]
    return nested or [pb.text(item, _KEY)]


def _value(item: pb.Fields, path: Path) -> Any:
    if _BOOLEAN in item:
        return bool(item[_BOOLEAN][-1])
    if _INTEGER in item:
        return pb.zigzag(item, _INTEGER)
    if _NUMBER in item:
        return pb.real(item, _NUMBER)
    if _TEXT in item:
        return pb.text(item, _TEXT)
    try:
        return json.loads(pb.text(item, 8) or pb.text(item, _JSON) or "null")
    except (ValueError, RecursionError):
        raise ForeignFileError(path, f"damaged: the value of {_keys(item)[0]} is no JSON") from None


def _records(path: Path, notes: list[str]) -> Iterator[bytes]:
    """Yield the records of a file, put together from the pieces that its blocks hold."""
    record = b""
    with open_unpacked(path) as file:
        block, place = file.read(_BLOCK), _HEADER
        while block:
            while place + _HEADER <= len(block):
                kind, piece, place = _piece(path, block, place)
                if kind == 0:  # the rest of the block is empty
                    break
                if piece is None:
                    notes.append(f"{path}: the end is cut off; taken as far as it goes")
                    return
                record = piece if kind in (_FULL, _FIRST) else record + piece
                if len(record) > _MOST_RECORD:
                    raise ForeignFileError(path, "damaged: a record without end")
                if kind in (_FULL, _LAST):
                    yield record
            block, place = file.read(_BLOCK), 0


def _piece(path: Path, block: bytes, place: int) -> tuple[int, bytes | None, int]:
    """Return (kind, content, where the next one begins); without content where it is cut off."""
    check = int.from_bytes(block[place : place + 4], "little")
    length = int.from_bytes(block[place + 4 : place + 6], "little")
    kind = block[place + 6]
    begin, end = place + _HEADER, place + _HEADER + length
    if kind == 0 and length == 0:
        return kind, b"", end
    if kind > _LAST or end > _BLOCK:
        raise ForeignFileError(path, f"damaged: no record at byte {place} of a block")
    if end > len(block):
        return kind, None, end
    if zlib.crc32(block[begin - 1 : end]) != check:
        raise ForeignFileError(path, "damaged: a record does not have its checksum")
    return kind, block[begin:end], end


FORMAT = format_of_runs("wandb_file", "W&B's run-*.wandb", recognises, _runs)
