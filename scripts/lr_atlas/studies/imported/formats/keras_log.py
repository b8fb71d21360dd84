"""Logs of Keras's CSVLogger: a row per epoch, a file per run."""

import csv
from pathlib import Path

from lr_atlas.studies.imported.content import ForeignFileError, is_text, lines_of, start_of
from lr_atlas.studies.imported.formats._history import measured_in
from lr_atlas.studies.imported.formats._runs import ForeignRun, format_of_runs

_SEPARATORS = (",", ";", "\t")
_SCHEDULED = ("learning_rate", "lr")


def recognises(path: Path) -> bool:
    """Return whether a file has Keras's names: epoch, then all others sorted, a loss among them.

    Of what is measured on validation data there is the same without "val_", and nothing else
    stands there but the learning rate.
    """
    return not path.is_dir() and _names(start_of(path)) is not None


def _names(start: bytes) -> tuple[list[str], str] | None:
    """Return (names of columns, what stands between them)."""
    if not is_text(start):
        return None
    first, _, rest = start.decode(errors="replace").partition("\n")
    for separator in _SEPARATORS:
        epoch, *names = first.strip().split(separator)
        measured = [name for name in names if name not in _SCHEDULED]
        validated = [name for name in measured if name.startswith("val_")]
        if (
            epoch == "epoch"
            and "loss" in names
            and names == sorted(names)
            and all(name.removeprefix("val_") in measured for name in validated)
            and len(measured) == 2 * len(validated)
            and rest.startswith(f"0{separator}")
        ):
            return [epoch, *names], separator
    return None


def _runs(path: Path, _: list[str]) -> list[ForeignRun]:
    """Return the run. Raises ForeignFileError with the line."""
    found = _names(start_of(path))
    assert found is not None
    names, separator = found
    run = ForeignRun(str(path), path)
    reader = csv.reader(lines_of(path), delimiter=separator, strict=True)
    next(reader)
    try:
        for cells in reader:
            told = dict(zip(names, (_number(cell) for cell in cells), strict=True))
            run.measure_together(int(told["epoch"]), measured_in(told, ("epoch",)), reader.line_num)
    except (csv.Error, ValueError) as error:
        raise ForeignFileError(path, f"no row of Keras's: {error}", reader.line_num) from None
    return [run]


def _number(cell: str) -> float:
    # Keras writes "NA" for a value that was not measured in an epoch.
    return float("nan") if cell == "NA" else float(cell)


FORMAT = format_of_runs("keras_log", "Keras's CSV logs", recognises, _runs, at="epoch")
