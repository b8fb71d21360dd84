"""The folder `files` of a run as W&B's server gives it back: parameters and final values."""

import json
import math
from pathlib import Path

from lr_atlas.studies.imported.content import ForeignFileError
from lr_atlas.studies.imported.formats._runs import ForeignRun, flat, format_of_runs
from lr_atlas.studies.imported.formats._small_files import text_of, yaml_of
from lr_atlas.studies.imported.formats.wandb_file import number_of

_SUMMARY, _CONFIG = "wandb-summary.json", "config.yaml"
_OWN = ("_wandb", "wandb_version")


def recognises(path: Path) -> bool:
    """Return whether a folder has the summary and the parameters."""
    return path.is_dir() and all((path / name).is_file() for name in (_SUMMARY, _CONFIG))


def _runs(path: Path, _: list[str]) -> list[ForeignRun]:
    """Return the run. Raises ForeignFileError with file and line."""
    told = {name: value for name, value in yaml_of(path / _CONFIG).items() if name not in _OWN}
    values = {
        name: value["value"] if isinstance(value, dict) and "value" in value else value
        for name, value in told.items()
    }
    try:
        summary = json.loads(text_of(path / _SUMMARY))
    except (ValueError, RecursionError) as error:
        raise ForeignFileError(path / _SUMMARY, f"no JSON: {error}") from None
    if not isinstance(summary, dict):
        raise ForeignFileError(path / _SUMMARY, "names with their values belong here")
    numbers = {name: number_of(value) for name, value in flat(summary, path).items()}
    run = ForeignRun(str(path), path, flat(values, path / _CONFIG))
    run.rows[math.nan, 0] = {
        name: number
        for name, number in numbers.items()
        if number is not None and not name.startswith("_")
    }
    return [run]


FORMAT = format_of_runs("wandb_summary", "W&B's folder files", recognises, _runs)
