"""The table of the dynamics of a study's runs, from the folders of these."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from lr_atlas.common.safe_files import read_plain
from lr_atlas.runs.run_files import DYNAMICS
from lr_atlas.studies.grid import Plan
from lr_atlas.tables.run_reading import DamagedRunError
from lr_atlas.training.dynamics_file import COLUMNS, END, EVALUATION, RATIO, STEP

_OF_RUN = ["run", "setting", "optimizer", "learning_rate", "seed", "status"]
_NUMBERS = [name for name in COLUMNS if name not in ("of", "epoch", "step")]
#: The columns of the table.
DYNAMICS_COLUMNS = (*_OF_RUN, *COLUMNS, "layer", "layer_name", "update_ratio")


def collect_dynamics(runs: pd.DataFrame, plan: Plan, runs_directory: Path) -> pd.DataFrame:
    """Return the dynamics of the runs in the table of `collect_study`.

    A row per run, row of its file and layer of its network, with `layer` from 1, `layer_name` as
    the network calls it, and the layer's `update_ratio`; all else is repeated for each layer. A run
    of a version that did not record them, and one of a program, has none. Raises CollectError for a
    damaged file.
    """
    tables = []
    leading = runs[_OF_RUN].to_dict("records")
    for run, of_run in zip(plan.runs, leading, strict=True):
        folder = runs_directory / run.folder
        try:
            rows = read_dynamics(folder / DYNAMICS)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise DamagedRunError(folder, f"{folder}: its files cannot be read: {error}") from None
        if rows:
            tables.append(pd.DataFrame(rows).assign(**of_run))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    table = table.reindex(columns=list(DYNAMICS_COLUMNS))
    whole = dict.fromkeys(("epoch", "step", "layer"), "int64")
    return table.astype({**whole, **dict.fromkeys((*_NUMBERS, "update_ratio"), "float64")})


def read_dynamics(path: Path) -> list[dict]:
    """Return a dict per row of a run's file and layer. Raises ValueError with the line."""
    header, *lines = csv.reader(read_plain(path).decode("utf-8").splitlines()) or [[]]
    names = header[len(COLUMNS) :]
    if tuple(header[: len(COLUMNS)]) != COLUMNS or not all(n.startswith(RATIO) for n in names):
        raise ValueError(f"{path.name} has other columns than a training job writes")
    rows: list[dict] = []
    for number, line in enumerate(lines, 2):
        try:
            rows += _rows(line, names)
        except (ValueError, KeyError):
            raise ValueError(
                f"{path.name}, line {number}: {','.join(line)} is not of the dynamics of a run"
            ) from None
    return rows


def _rows(line: Sequence[str], names: Sequence[str]) -> list[dict]:
    """Return a dict per layer. Raises ValueError."""
    texts: Mapping[str, str] = dict(zip((*COLUMNS, *names), line, strict=True))
    common: dict = {"of": texts["of"], "epoch": int(texts["epoch"]), "step": int(texts["step"])}
    if common["of"] not in (EVALUATION, STEP, END) or min(common["epoch"], common["step"]) < 1:
        raise ValueError
    common |= {name: _number(texts[name]) for name in _NUMBERS}
    return [
        {
            **common,
            "layer": layer,
            "layer_name": name.removeprefix(RATIO),
            "update_ratio": _number(texts[name]),
        }
        for layer, name in enumerate(names, 1)
    ]


def _number(text: str) -> float:
    return float(text) if text else math.nan
