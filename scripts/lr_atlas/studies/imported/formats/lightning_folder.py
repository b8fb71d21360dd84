"""Lightning's `version_*` folder: metrics.csv by its CSV logger, with hparams.yaml beside it."""

import csv
from pathlib import Path

from lr_atlas.studies.imported.content import ForeignFileError, lines_of, start_of
from lr_atlas.studies.imported.formats._runs import ForeignRun, flat, format_of_runs
from lr_atlas.studies.imported.formats._small_files import yaml_of

_METRICS, _PARAMETERS = "metrics.csv", "hparams.yaml"


def recognises(path: Path) -> bool:
    """Return whether a folder has the two files, the first with epochs and steps."""
    if not path.is_dir():
        return False
    metrics, parameters = path / _METRICS, path / _PARAMETERS
    if not (metrics.is_file() and parameters.is_file()) or metrics.is_symlink():
        return False
    names = start_of(metrics).partition(b"\n")[0].strip().split(b",")
    return b"step" in names and b"epoch" in names


def _runs(path: Path, _: list[str]) -> list[ForeignRun]:
    """Return the run. Raises ForeignFileError with file and line."""
    metrics = path / _METRICS
    run = ForeignRun(str(path), metrics, flat(yaml_of(path / _PARAMETERS), path / _PARAMETERS))
    reader = csv.reader(lines_of(metrics), strict=True)
    try:
        names = next(reader)
        for cells in reader:
            # Values of training, of validation and of the epoch have a row each, with gaps.
            told = dict(zip(names, cells, strict=True))
            step = int(told.pop("step"))
            values = {name: float(cell) for name, cell in told.items() if cell}
            run.measure_together(step, values, reader.line_num)
    except (csv.Error, ValueError) as error:
        raise ForeignFileError(
            metrics, f"no row of Lightning's: {error}", reader.line_num
        ) from None
    return [run]


FORMAT = format_of_runs("lightning_folder", "Lightning's folder version_*", recognises, _runs)
