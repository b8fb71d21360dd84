"""The tables of a study, from the folders of its runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.common.json_shapes import DESCRIPTION_SHAPE, has_shape
from lr_atlas.common.rounding import compact
from lr_atlas.common.units import counted
from lr_atlas.runs.provenance import made_with
from lr_atlas.runs.run_files import DESCRIPTION, FIRST_EPOCH, HISTORY, TIMING
from lr_atlas.runs.run_folders import read_description
from lr_atlas.runs.run_witnesses import history_of, own_ends
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.tables.measured_values import are_possible, impossible
from lr_atlas.training.records import METRICS

_MOST_NAMED = 5
#: How a run can end, see training.Ending.
_STATUSES = ("finished", "diverged", "collapsed")


class CollectError(UserError):
    """The files of a study's runs are not complete or do not agree."""


class DamagedRunError(CollectError):
    """The files of one run cannot be used; `folder` and `problem` say which and why."""

    def __init__(self, folder: Path, problem: str) -> None:
        self.folder, self.problem = folder, problem
        super().__init__(f"{problem}. Delete the folder {folder} and {_AGAIN}")


_AGAIN = (
    "start again: the run is taken over from its checkpoint, or trained again where there is none"
)


def collect_study(
    plan: Plan,
    runs_directory: Path,
    checkpoints: Sequence[Path] = (),
    images: Mapping[str, str] = MappingProxyType({}),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read every run of the plan; never looks for files that the plan does not name.

    runs_directory: the folder of all runs. checkpoints: folders of those at the ends of runs, where
    they are still there; histories are held against them. images: {file: SHA-256} of those that the
    study asks for, as far as that is known.
    Returns (epochs, runs), two DataFrames with a row per run and epoch, and a row per run, both in
    the plan's order. Raises CollectError with the names of what is missing, damaged or does not
    agree.
    """
    missing = [
        str(path)
        for run in plan.runs
        for path in (run_folder(runs_directory, run) / name for name in _FILES)
        if not path.is_file()
    ]
    if missing:
        raise CollectError(
            f"study {plan.study}: of its runs {counted(len(missing), 'file')} cannot be found, "
            f"such as {', '.join(missing[:_MOST_NAMED])}. Run the workflow again to make them"
        )
    texts = _text_columns(plan)
    descriptions, histories = _read_runs(plan, runs_directory, checkpoints)
    folders = [run_folder(runs_directory, run) for run in plan.runs]
    check_images(folders, descriptions)
    _refuse_other_images(folders, descriptions, images)
    leading = pd.DataFrame([_leading_columns(plan, run, texts) for run in plan.runs])
    ends = map(_run_columns, descriptions, histories)
    runs = leading.join(pd.DataFrame(list(ends)))
    rows = np.repeat(np.arange(len(runs)), [len(history) for history in histories])
    measured = pd.DataFrame(np.concatenate(histories), columns=EPOCH_COLUMNS)
    epochs = leading.iloc[rows].reset_index(drop=True).join(measured)
    epochs["status"] = runs["status"].to_numpy()[rows]
    return _typed(epochs), _typed(runs)


_FILES = (HISTORY, TIMING, DESCRIPTION)
_SECONDS = ("train_seconds", "evaluate_seconds")
#: What is read of each epoch.
EPOCH_COLUMNS = ["epoch", *METRICS, *_SECONDS]


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
            steps.append(_read_losses(folder / FIRST_EPOCH))
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
    """Return where the training job of a run writes its files."""
    return runs_directory / run.name / f"epochs-{run.epochs}"


def images_of(description: dict) -> str:
    """Return which images a run was trained and validated on, as a text of digests.

    description: the content of run.json.
    """
    digests = description["data"]
    return " ".join(str(digests[name])[:_DIGEST_LENGTH] for name in sorted(digests, reverse=True))


_DIGEST_LENGTH = 12


def check_images(folders: Sequence[Path], descriptions: Sequence[dict]) -> None:
    """Raise CollectError with the folders of runs unless all were trained on the same images."""
    by_images: dict[str, list[str]] = {}
    for folder, description in zip(folders, descriptions, strict=True):
        by_images.setdefault(images_of(description), []).append(str(folder))
    if len(by_images) < 2:
        return
    usual, *others = sorted(by_images.items(), key=lambda item: -len(item[1]))
    named = [
        f"{len(members)} on {images or 'unknown ones'} ({_some(members)})"
        for images, members in others
    ]
    raise CollectError(
        f"Runs of one study were trained on different images, so they cannot be compared: "
        f"{len(usual[1])} on those with the digest {usual[0] or 'unknown'} (such as "
        f"{usual[1][0]}), {', '.join(named)}. Delete the folders of those that were trained on the "
        f"wrong ones, and {_AGAIN}"
    )


def _refuse_other_images(
    folders: Sequence[Path], descriptions: Sequence[dict], images: Mapping[str, str]
) -> None:
    """Raise CollectError for runs whose images are not those with the digests in `images`."""
    others = {
        str(folder): description
        for folder, description in zip(folders, descriptions, strict=True)
        if any(images.get(name, found) != found for name, found in description["data"].items())
    }
    if others:
        found = next(iter(others.values()))
        wanted = {name: images.get(name, "") for name in found["data"]}
        raise CollectError(
            f"{counted(len(others), 'run')} of this study: not trained on the images that it asks "
            f"for, which have the digest {images_of({'data': wanted})}, but on {images_of(found)} "
            f"({_some([*others])}). Delete these folders, and {_AGAIN}"
        )


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _read_runs(
    plan: Plan, runs_directory: Path, checkpoints: Sequence[Path]
) -> tuple[list[dict], list[np.ndarray]]:
    """Return what `read_run` gives of each run. Raises CollectError that names all damaged ones."""
    read, damaged = [], []
    for run in plan.runs:
        folder = run_folder(runs_directory, run)
        try:
            read.append(read_run(folder, run))
            _check_history(folder, run, read[-1][0], checkpoints)
        except DamagedRunError as error:
            damaged.append(error)
    if len(damaged) == 1:
        raise damaged[0]
    if damaged:
        lines = [f"  {error.problem}" for error in damaged[:_MOST_NAMED]]
        if len(damaged) > _MOST_NAMED:
            lines.append(f"  and {len(damaged) - _MOST_NAMED} more")
        folders = _some([str(error.folder) for error in damaged])
        raise CollectError(
            "\n".join(
                [
                    f"study {plan.study}: the files of {len(damaged)} runs cannot be used:",
                    *lines,
                    f"Delete the folders {folders}, and {_AGAIN}",
                ]
            )
        )
    descriptions, histories = zip(*read, strict=True)
    return list(descriptions), list(histories)


def read_run(folder: Path, run: Run) -> tuple[dict, np.ndarray]:
    """Return (content of run.json, history.csv and timing.csv side by side).

    The latter is float64 [epochs, 9]: EPOCH_COLUMNS. Raises DamagedRunError unless the files are
    readable, those of this run, complete, agree, and hold numbers that can be.
    """
    try:
        description = read_description(folder)
        if not has_shape(description, DESCRIPTION_SHAPE):
            raise ValueError(f"{DESCRIPTION} is not what a training job writes")
        history = _read_numbers(folder / HISTORY, ("epoch", *METRICS))
        timing = _read_numbers(folder / TIMING, ("epoch", *_SECONDS))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedRunError(folder, f"{folder}: its files cannot be read: {error}") from None
    problems = _problems(run, description, history, timing)
    if problems:
        raise DamagedRunError(folder, f"{folder}: {'; '.join(problems)}")
    return description, np.hstack([history, timing[:, 1:]])


def _check_history(folder: Path, run: Run, description: dict, checkpoints: Sequence[Path]) -> None:
    """Raise DamagedRunError for a history that is not that of the checkpoint at the run's end."""
    ends = own_ends(run.name, run.epochs, description, checkpoints)
    if ends and (folder / HISTORY).read_text(encoding="utf-8") not in map(history_of, ends):
        raise DamagedRunError(
            folder,
            f"{folder}: {HISTORY} was changed after the run: {ends[0].path} has other numbers",
        )


def _read_numbers(path: Path, columns: Sequence[str]) -> np.ndarray:
    """Return a small CSV file as float64 [rows, columns]; pandas takes fifty times as long.

    Raises ValueError with the file's name, the line and the value that cannot be.
    """
    rows = _read_rows(path, columns)
    try:
        numbers = np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))
        fine = (numbers[:, 0] == np.arange(1, len(rows) + 1)) & are_possible(
            columns[1:], numbers[:, 1:]
        )
    except ValueError:
        fine = np.zeros(len(rows), dtype=bool)
    for place in np.flatnonzero(~fine).tolist():
        problem = _problem_of_row(columns, rows[place], place + 1)
        if problem:
            raise ValueError(f"{path.name}, line {place + 2}: {problem}")
    return numbers


def _read_losses(path: Path) -> np.ndarray:
    """Return the steps and losses of a run's first epoch, float64 [pieces, 2].

    Raises ValueError unless steps rise and all losses but the last are finite.
    """
    rows = _read_rows(path, ("step", "loss"))
    numbers = np.array(rows, dtype=np.float64).reshape(len(rows), 2)
    steps, losses = numbers.T
    rising = (np.diff(steps, prepend=0) > 0).all() and np.isfinite(steps).all()
    if not rising or not np.isfinite(losses[:-1]).all():
        raise ValueError(f"{path.name} has steps that do not rise, or goes on after it diverged")
    return numbers


def _read_rows(path: Path, columns: Sequence[str]) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    header, *rows = (line.split(",") for line in lines) if lines else [[]]
    if header != list(columns):
        raise ValueError(f"{path.name} has other columns than a training job writes")
    return rows


def _problem_of_row(columns: Sequence[str], row: Sequence[str], epoch: int) -> str:
    """Return which value of a row, as texts, cannot be; empty if all can."""
    if len(row) != len(columns):
        return f"{len(row)} values where {len(columns)} belong"
    try:
        numbers = [float(text) for text in row]
    except ValueError:
        return f"{','.join(row)} are not all numbers"
    if numbers[0] != epoch:
        return f"the epoch is {row[0]} where {epoch} belongs; the epochs are not 1, 2, 3 …"
    reasons = map(impossible, columns[1:], numbers[1:])
    found = (
        f"{column} is {text}; {reason}"
        for column, text, reason in zip(columns[1:], row[1:], reasons, strict=True)
        if reason
    )
    return next(found, "")


def _problems(run: Run, description: dict, history: np.ndarray, timing: np.ndarray) -> list[str]:
    """Return in what the files are not those of this run, complete; sentences without full stop."""
    problems = []
    completed, status = len(history), description["status"]
    there = counted(completed, "epoch")
    if description["canonical_configuration"] != run.configuration:
        problems.append(f"{DESCRIPTION} describes another configuration than {run.name}")
    if description["epochs"] != run.epochs:
        problems.append(
            f"{DESCRIPTION} is of {counted(description['epochs'], 'epoch')}, not of {run.epochs}"
        )
    if len(timing) != completed:
        problems.append(
            f"{HISTORY} has {there} and {TIMING} {len(timing)}; they were not written by the same "
            "job"
        )
    if description["epochs_completed"] != completed:
        problems.append(
            f"{HISTORY} has {there}, {DESCRIPTION} says {description['epochs_completed']}"
        )
    if status not in _STATUSES:
        problems.append(f"{DESCRIPTION} says status {status}, which is none of {_STATUSES}")
    diverged = description["diverged_epoch"], description["diverged_step"]
    if status == "diverged":
        # A run that diverged ends early: in the epoch after the last one that is complete.
        if completed >= run.epochs:
            problems.append(f"a run that diverged has all of its {run.epochs} epochs")
        if diverged[0] != completed + 1 or diverged[1] is None or diverged[1] < 1:
            problems.append(
                f"{DESCRIPTION} says that it diverged in epoch {diverged[0]}, step {diverged[1]}, "
                f"after {there}"
            )
    else:
        if completed != run.epochs:
            problems.append(f"{there} where {run.epochs} were asked for")
        if diverged != (None, None):
            problems.append(f"{DESCRIPTION} says that it diverged, and status {status}")
    reason = impossible("validation_chance", description["validation_chance"])
    if reason:
        chance = description["validation_chance"]
        problems.append(f"{DESCRIPTION}: validation_chance is {chance}; {reason}")
    return problems


def _leading_columns(plan: Plan, run: Run, texts: set[str]) -> dict:
    """Return study, run, setting, dataset, optimizer, learning_rate, what varies, seed."""
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
    """Return the parameters that are a number for one setting and a text for another."""
    return {
        name
        for name in plan.varying
        if any(isinstance(run.parameters.get(name), str) for run in plan.runs)
    }


def _cell(value: Any, as_text: bool) -> Any:
    return compact(value) if as_text and value is not None else value


def _run_columns(description: dict, history: np.ndarray) -> dict:
    """Return how a run ended: its last row, best epoch, speed, chance, and what made it."""
    last, best, seconds = {}, {}, None
    if len(history):
        accuracy = history[:, EPOCH_COLUMNS.index("validation_accuracy")]
        last, best = (
            dict(zip(EPOCH_COLUMNS, history[row], strict=True)) for row in (-1, accuracy.argmax())
        )
        seconds = history[:, EPOCH_COLUMNS.index("train_seconds")].mean()
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
        "chance": description["validation_chance"],
        "images": images_of(description),
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
    """Return the table with types that do not depend on which rows there are."""
    floats = ("learning_rate", *METRICS, "best_validation_accuracy", "seconds_per_epoch", "chance")
    types = {name: "Int64" for name in _WHOLE if name in table}
    types |= {name: "float64" for name in floats if name in table}
    return table.astype(types)
