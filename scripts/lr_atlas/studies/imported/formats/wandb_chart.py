"""A chart of W&B as CSV: a column per run, with the least and the largest value of each point."""

import csv
from pathlib import Path

from lr_atlas.studies.imported.content import ForeignFileError, is_text, lines_of, start_of
from lr_atlas.studies.imported.formats._runs import ForeignRun, raw_of
from lr_atlas.studies.imported.formats._text_tables import shape_of
from lr_atlas.studies.imported.raw import Raw
from lr_atlas.studies.imported.registry import Format
from lr_atlas.studies.imported.usual_names import USUAL, plain

_BETWEEN = " - "
_LEAST, _LARGEST = "__MIN", "__MAX"


def recognises(path: Path) -> bool:
    """Return whether a file has columns such as "run - loss", "run - loss__MIN", …__MAX."""
    if path.is_dir():
        return False
    start = start_of(path)
    shape = shape_of(start) if is_text(start) else None
    return shape is not None and bool(_curves(shape.names))


def _curves(names: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return {column: (run, metric)} of the columns with values."""
    there = set(names)
    return {
        name: (run, metric)
        for name in names[1:]
        if {name + _LEAST, name + _LARGEST} <= there
        and (run := name.rpartition(_BETWEEN)[0])
        and not (metric := name.rpartition(_BETWEEN)[2]).startswith("_")
    }


def read(path: Path) -> Raw:
    """Read the curves. Raises ForeignFileError with the line."""
    reader = csv.reader(lines_of(path), strict=True)
    runs: dict[str, ForeignRun] = {}
    spread = False
    try:
        names = tuple(next(reader))
        at = _place(path, names[0])
        curves = _curves(names)
        for cells in reader:
            told = dict(zip(names, cells, strict=True))
            for name, (run, metric) in curves.items():
                if told[name]:
                    place = float(told[names[0]].replace(",", ""))
                    found = runs.setdefault(run, ForeignRun(run, path))
                    found.measure(metric, place, float(told[name]), reader.line_num)
                    spread = spread or told[name + _LEAST] != told[name + _LARGEST]
    except (csv.Error, ValueError) as error:
        raise ForeignFileError(path, f"no row of a chart: {error}", reader.line_num) from None
    if not runs:
        raise ForeignFileError(path, "there are no values in this chart")
    mixed = f"{path}: points are means of several values, of runs in groups or of steps"
    return raw_of(list(runs.values()), at, [mixed] if spread else [])


def _place(path: Path, name: str) -> str:
    """Return the role of the first column. Raises ForeignFileError for one of times."""
    for role in ("step", "epoch"):
        if plain(name) in USUAL[role]:
            return role
    raise ForeignFileError(
        path, f"its points stand at '{name[:40]}'; export the chart with Step on its x axis", 1
    )


FORMAT = Format("wandb_chart", "W&B's charts (CSV)", recognises, read)
