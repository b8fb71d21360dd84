"""TensorBoard's event files: a folder per run, scalars and the parameters of its hparams plugin."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lr_atlas.studies.imported.content import ForeignFileError
from lr_atlas.studies.imported.formats import _messages as pb
from lr_atlas.studies.imported.formats._event_file import events_of, is_event_file
from lr_atlas.studies.imported.formats._runs import ForeignRun, flat, format_of_runs
from lr_atlas.studies.imported.formats._small_files import folders_in
from lr_atlas.studies.imported.raw import EXPORTED

#: Folders that hold parts of one run: Keras writes two of them.
_PARTS = ("train", "validation", "val", "eval", "test")
# Numbers of fields, from TensorFlow's event.proto, summary.proto and tensor.proto.
_STEP, _SUMMARY = 2, 5
_TAG, _SIMPLE, _TENSOR, _METADATA = 1, 2, 8, 9
_DTYPE, _SHAPE, _CONTENT = 1, 2, 4
#: {dtype: the field of its values} of float and double; scalars are written as nothing else.
_VALUES = {1: 5, 2: 6}


@dataclass
class _Folder:
    """Hold what the event files of one folder say: scalars in their order, and parameters."""

    path: Path
    scalars: list[tuple[str, int, float]] = field(default_factory=list)
    parameters: dict[str, Any] | None = None


def recognises(path: Path) -> bool:
    """Return whether a file is of events, or a folder the one of a run."""
    if not path.is_dir():
        return is_event_file(path)
    return bool(_files_in(path)) or any(
        _files_in(folder) for folder in folders_in(path) if folder.name in _PARTS
    )


def _runs(path: Path, notes: list[str]) -> list[ForeignRun]:
    """Return the run, or the runs, of a folder. Raises ForeignFileError."""
    if not path.is_dir():
        runs = [_run(_Folder(path), [], [_events([path], path, notes)])]
    else:
        runs = list(_runs_below(path, notes))
    # A run that diverged at once has no scalars; one that LR Atlas has exported says so.
    runs = [run for run in runs if run.rows or f"{EXPORTED}status" in run.parameters]
    if not runs:
        raise ForeignFileError(path, "there are no scalars in these event files")
    return runs


def _runs_below(path: Path, notes: list[str]) -> Iterator[ForeignRun]:
    """Yield the run of a folder, and those below it that are runs of their own."""
    own = _events(_files_in(path), path, notes)
    inside = folders_in(path)
    parts = [folder for folder in inside if folder.name in _PARTS and _files_in(folder)]
    others = [folder for folder in inside if folder not in parts]
    # torch's add_hparams keeps the parameters in a folder below that of the run.
    told = [_events(files, folder, notes) for folder in others if (files := _files_in(folder))]
    told = [each for each in told if each.parameters is not None]
    is_its = own.scalars and own.parameters is None and len(told) == 1
    yield _run(
        own, [_events(_files_in(part), part, notes) for part in parts], told if is_its else []
    )
    for folder in others:
        if not (is_its and folder == told[0].path):
            yield from _runs_below(folder, notes)


def _run(own: _Folder, parts: list[_Folder], more: list[_Folder]) -> ForeignRun:
    run = ForeignRun(str(own.path), own.path)
    for folder in (own, *parts, *more):
        run.parameters |= folder.parameters or {}
        series = f"{folder.path.name}/" if folder in parts else ""
        for tag, step, value in folder.scalars:
            # As Keras calls them in both of its folders.
            run.measure(series + (tag.removeprefix("epoch_") if series else tag), step, value)
    return run


def _files_in(folder: Path) -> list[Path]:
    files = [
        path
        for path in sorted(folder.glob("*tfevents*"))
        if path.is_file() and not path.is_symlink() and path.stat().st_size
    ]
    return [path for path in files if is_event_file(path)]


def _events(files: list[Path], path: Path, notes: list[str]) -> _Folder:
    found = _Folder(path)
    for file in files:
        try:
            for event in events_of(file, notes):
                for value in pb.inner_ones(pb.inner(event, _SUMMARY), 1):
                    _take(value, pb.signed(event, _STEP), found)
        except pb.MessageError as error:
            raise ForeignFileError(file, f"damaged: {error}") from None
    return found


def _take(value: pb.Fields, step: int, found: _Folder) -> None:
    """Take one value of a summary: a scalar, or the parameters."""
    tag = pb.text(value, _TAG)
    if tag.startswith("_hparams_/"):
        start = pb.inner(_hparams(value), 3)
        if start:
            told = dict(_parameter(entry) for entry in pb.inner_ones(start, 1))
            found.parameters = (found.parameters or {}) | flat(told, found.path)
        return
    number = pb.real(value, _SIMPLE) if _SIMPLE in value else _scalar(value)
    if number is not None:
        found.scalars.append((tag, step, number))


def _hparams(value: pb.Fields) -> pb.Fields:
    plugin = pb.inner(pb.inner(value, _METADATA), 1)
    return pb.inner(plugin, 2)


def _parameter(entry: pb.Fields) -> tuple[str, Any]:
    """Return (name, value) of an entry with a google.protobuf.Value."""
    value = pb.inner(entry, 2)
    plain: Any = None
    if 2 in value:
        number = pb.real(value, 2)
        plain = int(number) if number is not None and number.is_integer() else number
    elif 3 in value:
        plain = pb.text(value, 3)
    elif 4 in value:
        plain = bool(pb.signed(value, 4))
    return pb.text(entry, 1), plain


def _scalar(value: pb.Fields) -> float | None:
    """Return the number in a tensor without dimensions; None if it holds something else."""
    tensor = pb.inner(value, _TENSOR)
    number = _VALUES.get(pb.signed(tensor, _DTYPE))
    if number is None or 2 in pb.inner(tensor, _SHAPE):
        return None
    content = tensor[_CONTENT][-1] if _CONTENT in tensor else None
    if content is None and number not in tensor:
        return 0.0  # as protobuf leaves it out
    return pb.real({1: [content or tensor[number][-1]]}, 1)


FORMAT = format_of_runs("tensorboard_events", "TensorBoard's event files", recognises, _runs)
