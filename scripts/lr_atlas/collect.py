"""The tables of a study, from the folders of its runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.errors import UserError
from lr_atlas.grid import Plan, Run
from lr_atlas.json_shapes import DESCRIPTION_SHAPE, has_shape
from lr_atlas.provenance import made_with
from lr_atlas.run_files import DESCRIPTION, FIRST_EPOCH, HISTORY, METRICS, TIMING
from lr_atlas.run_folders import read_description
from lr_atlas.run_identity import compact

_MOST_NAMED = 5


class CollectError(UserError):
    """The files of a study's runs are not complete or do not agree."""


def collect_study(plan: Plan, runs_directory: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read every run of the plan; never looks for files that the plan does not name.

    runs_directory: the folder of all runs.
    Returns (epochs, runs), two DataFrames with a row per run and epoch, and a row per run, both in
    the plan's order. Raises CollectError with the names of what is missing or does not agree.
    """
    missing = [
        str(path)
        for run in plan.runs
        for path in (run_folder(runs_directory, run) / name for name in _FILES)
        if not path.is_file()
    ]
    if missing:
        raise CollectError(
            f"study {plan.study}: {len(missing)} files of its runs are missing, such as "
            f"{', '.join(missing[:_MOST_NAMED])}. Run the workflow again to make them"
        )
    texts = _text_columns(plan)
    leading, ends, histories = [], [], []
    for run in plan.runs:
        description, history = read_run(run_folder(runs_directory, run), run)
        leading.append(_leading_columns(plan, run, texts))
        ends.append(_run_columns(description, history))
        histories.append(history)
    leading = pd.DataFrame(leading)
    runs = leading.join(pd.DataFrame(ends))
    rows = np.repeat(np.arange(len(runs)), [len(history) for history in histories])
    measured = pd.DataFrame(np.concatenate(histories), columns=_EPOCH_COLUMNS)
    epochs = leading.iloc[rows].reset_index(drop=True).join(measured)
    epochs["status"] = runs["status"].to_numpy()[rows]
    return _typed(epochs), _typed(runs)


_FILES = (HISTORY, TIMING, DESCRIPTION)
_SECONDS = ("train_seconds", "evaluate_seconds")
_EPOCH_COLUMNS = ["epoch", *METRICS, *_SECONDS]


def collect_first_epochs(runs: pd.DataFrame, plan: Plan, runs_directory: Path) -> pd.DataFrame:
    """Return the losses during the first epoch of the runs in the table of `collect_study`.

    A row per run and piece of the epoch: run, setting, optimizer, learning_rate, seed, status, step
    (the last of the piece, from 1), loss (the mean, NaN or infinite where the run diverged). A run
    of a version that did not record them has none. Raises CollectError for a damaged file.
    """
    columns = ["run", "setting", "optimizer", "learning_rate", "seed", "status"]
    steps = []
    for run in plan.runs:
        folder = run_folder(runs_directory, run)
        try:
            steps.append(_read_numbers(folder / FIRST_EPOCH, ("step", "loss")))
        except FileNotFoundError:
            steps.append(np.empty((0, 2)))
        except (OSError, ValueError) as error:
            raise CollectError(
                f"{folder}: {FIRST_EPOCH} cannot be read: {error!r}. Delete the folder and run the "
                "workflow again"
            ) from None
    rows = np.repeat(np.arange(len(runs)), [len(each) for each in steps])
    measured = pd.DataFrame(np.concatenate(steps), columns=["step", "loss"])
    table = runs[columns].iloc[rows].reset_index(drop=True).join(measured)
    return table.astype({"step": "int64"})


def run_folder(runs_directory: Path, run: Run) -> Path:
    """Where the training job of a run writes its files."""
    return runs_directory / run.name / f"epochs-{run.epochs}"


def read_run(folder: Path, run: Run) -> tuple[dict, np.ndarray]:
    """Return (content of run.json, history.csv and timing.csv side by side).

    The latter is float64 [epochs, 9]: epoch, METRICS, train_seconds, evaluate_seconds. Raises
    CollectError unless the files are readable, those of this run, complete, and agree.
    """
    try:
        description = read_description(folder)
        if not has_shape(description, DESCRIPTION_SHAPE):
            raise ValueError(f"{DESCRIPTION} is not what a training job writes")
        history = _read_epochs(folder)
        _check(run, description, history, folder)
    except CollectError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CollectError(
            f"{folder}: its files cannot be read: {error!r}. Delete the folder and run the "
            "workflow again"
        ) from None
    return description, history


def _read_epochs(folder: Path) -> np.ndarray:
    history = _read_numbers(folder / HISTORY, ("epoch", *METRICS))
    timing = _read_numbers(folder / TIMING, ("epoch", *_SECONDS))
    if not np.array_equal(history[:, 0], timing[:, 0]):
        raise CollectError(
            f"{folder}: {HISTORY} has {len(history)} epochs and {TIMING} {len(timing)}; they were "
            "not written by the same job. Delete the folder and run the workflow again"
        )
    return np.hstack([history, timing[:, 1:]])


def _read_numbers(path: Path, columns: Sequence[str]) -> np.ndarray:
    """A small CSV file as float64 [rows, columns]; pandas takes fifty times as long for it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header, *rows = (line.split(",") for line in lines)
    if header != list(columns):
        raise ValueError(f"{path.name} has other columns than a training job writes")
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))


def _check(run: Run, description: dict, history: np.ndarray, folder: Path) -> None:
    """Raise CollectError unless the files are those of this run, complete."""
    problems = []
    if description["canonical_configuration"] != run.configuration:
        problems.append(f"{DESCRIPTION} describes another configuration than {run.name}")
    if list(history[:, 0]) != list(range(1, len(history) + 1)):
        problems.append(f"the epochs in {HISTORY} are not 1, 2, 3 …")
    if description["epochs_completed"] != len(history):
        problems.append(
            f"{HISTORY} has {len(history)} epochs, {DESCRIPTION} says "
            f"{description['epochs_completed']}"
        )
    if description["status"] != "diverged" and len(history) != run.epochs:
        problems.append(f"{len(history)} epochs where {run.epochs} were asked for")
    if problems:
        raise CollectError(
            f"{folder}: {'; '.join(problems)}. Delete the folder and run the workflow again"
        )


def _leading_columns(plan: Plan, run: Run, texts: set[str]) -> dict:
    """study, run, setting, dataset, optimizer, learning_rate, what varies, seed."""
    return {
        "study": plan.study,
        "run": run.name,
        "setting": run.setting,
        "dataset": run.configuration["dataset"],
        "optimizer": run.parameters["optimizer"],
        "learning_rate": run.parameters["learning_rate"],
        **{name: _cell(run.parameters.get(name), name in texts) for name in plan.varying},
        "seed": run.seed,
    }


def _text_columns(plan: Plan) -> set[str]:
    """Parameters that are a number for one setting and a text, such as a list, for another."""
    return {
        name
        for name in plan.varying
        if any(isinstance(run.parameters.get(name), str) for run in plan.runs)
    }


def _cell(value: Any, as_text: bool) -> Any:
    return compact(value) if as_text and value is not None else value


def _run_columns(description: dict, history: np.ndarray) -> dict:
    """How a run ended: its last row, its best epoch, its speed, what made it."""
    last, best, seconds = {}, {}, None
    if len(history):
        accuracy = history[:, _EPOCH_COLUMNS.index("validation_accuracy")]
        last, best = (
            dict(zip(_EPOCH_COLUMNS, history[row], strict=True)) for row in (-1, accuracy.argmax())
        )
        seconds = history[:, _EPOCH_COLUMNS.index("train_seconds")].mean()
    maker = made_with(description)
    return {
        "status": description["status"],
        "reason": description["reason"],
        "diverged_epoch": description["diverged_epoch"],
        "diverged_step": description["diverged_step"],
        "epochs_completed": len(history),
        **{metric: last.get(metric) for metric in METRICS},
        "best_validation_epoch": best.get("epoch"),
        "best_validation_accuracy": best.get("validation_accuracy"),
        "seconds_per_epoch": seconds,
        **{name: maker[name] for name in ("device", "torch", "python", "blas", "processor")},
    }


_WHOLE = (
    "seed",
    "epoch",
    "epochs",
    "batch_size",
    "diverged_epoch",
    "diverged_step",
    "epochs_completed",
    "best_validation_epoch",
)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Types that do not depend on which rows there are: whole numbers that may be empty, floats."""
    floats = ("learning_rate", *METRICS, "best_validation_accuracy", "seconds_per_epoch")
    types = {name: "Int64" for name in _WHOLE if name in table}
    types |= {name: "float64" for name in floats if name in table}
    return table.astype(types)
