"""The tables of a study, from the folders of its runs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.rounding import compact
from lr_atlas.common.safe_files import read_plain
from lr_atlas.common.units import counted
from lr_atlas.runs.provenance import made_with, packages_of
from lr_atlas.runs.run_files import FIRST_EPOCH, HISTORY
from lr_atlas.runs.run_folders import read_description
from lr_atlas.runs.run_witnesses import history_of, own_ends
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.studies.parameters import schedule_text
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.tables.run_numbers import read_losses
from lr_atlas.tables.run_reading import (
    AGAIN,
    FILES,
    CollectError,
    DamagedRunError,
    chance_of,
    epoch_columns,
    read_run,
)
from lr_atlas.training.course import is_by_steps
from lr_atlas.training.records import STEP

_MOST_NAMED = 5


def collect_study(
    plan: Plan,
    runs_directory: Path,
    checkpoints: Sequence[Path] = (),
    images: Sequence[Mapping[str, str]] = (),
    metric: StudyMetric = ACCURACY,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read every run of the plan; never looks for files that the plan does not name.

    runs_directory: the folder of all runs. checkpoints: folders of those at the ends of runs, where
    they are still there; histories are held against them. images: {file: SHA-256} of each data set
    that the study asks for, as far as that is known. metric: of the study.
    Returns (epochs, runs), two DataFrames with a row per run and epoch, and a row per run, both in
    the plan's order: runs of the grid, then those of default arguments (see `grid_and_defaults`).
    Raises CollectError with the names of what is missing, damaged or does not agree.
    """
    missing = [
        str(path)
        for run in plan.runs
        for path in (runs_directory / run.folder / name for name in FILES)
        if not path.is_file()
    ]
    if missing:
        raise CollectError(
            f"study {plan.study}: of its runs {counted(len(missing), 'file')} cannot be found, "
            f"such as {', '.join(missing[:_MOST_NAMED])}. Run the workflow again to make them"
        )
    texts = text_columns(plan)
    descriptions, histories = _read_runs(plan, runs_directory, checkpoints, metric)
    folders = [runs_directory / run.folder for run in plan.runs]
    _refuse_unmeasured(plan, folders, histories, metric)
    for places in _by_data(plan.runs):
        members = [folders[place] for place in places], [descriptions[place] for place in places]
        check_images(*members)
        _refuse_other_images(*members, images)
    leading = pd.DataFrame([leading_columns(plan, run, texts) for run in plan.runs])
    ends = [
        _run_columns(description, history, metric)
        for description, history in zip(descriptions, histories, strict=True)
    ]
    runs = leading.join(pd.DataFrame(ends))
    rows = np.repeat(np.arange(len(runs)), [len(history) for history in histories])
    columns = epoch_columns(metric.columns, by_steps=plan.is_by_steps)
    measured = pd.DataFrame(np.concatenate(histories), columns=columns)
    epochs = leading.iloc[rows].reset_index(drop=True).join(measured)
    epochs["status"] = runs["status"].to_numpy()[rows]
    return typed(epochs, metric), typed(runs, metric)


def _refuse_unmeasured(
    plan: Plan, folders: Sequence[Path], histories: Sequence[np.ndarray], metric: StudyMetric
) -> None:
    """Raise CollectError if a program has not measured what settings are chosen by."""
    columns = epoch_columns(metric.columns, by_steps=plan.is_by_steps)
    place = columns.index(metric.choosing)
    lacking = [
        str(folder)
        for folder, history in zip(folders, histories, strict=True)
        if np.isnan(history[:, place]).any()
    ]
    if lacking:
        raise CollectError(
            f"study {plan.study}: the program has written no column {metric.choosing}, which "
            f"select_by: {metric.selects.name} needs, in {counted(len(lacking), 'run')} "
            f"({_some(lacking)}). Have it written, or choose by another metric"
        )


def collect_first_epochs(runs: pd.DataFrame, plan: Plan, runs_directory: Path) -> pd.DataFrame:
    """Return the losses during the first epoch of the runs in the table of `collect_study`.

    A row per run and piece of the epoch: run, setting, optimizer, learning_rate, seed, status, step
    (the last of the piece, from 1), loss (the mean, NaN or infinite where the run diverged). A run
    of a version that did not record them has none. Raises CollectError for a damaged file.
    """
    columns = ["run", "setting", "optimizer", "learning_rate", "seed", "status"]
    steps = []
    for run, status in zip(plan.runs, runs["status"], strict=True):
        folder = runs_directory / run.folder
        try:
            steps.append(read_losses(folder / FIRST_EPOCH, status == "diverged"))
        except FileNotFoundError:
            steps.append(np.empty((0, 2)))
        except (OSError, ValueError) as error:
            raise DamagedRunError(folder, f"{folder}: its files cannot be read: {error}") from None
    rows = np.repeat(np.arange(len(runs)), np.array([len(each) for each in steps], dtype=int))
    measured = pd.DataFrame(np.concatenate([np.empty((0, 2)), *steps]), columns=["step", "loss"])
    table = runs[columns].iloc[rows].reset_index(drop=True).join(measured)
    return table.astype({"step": "int64"})


def collect_schedules(plan: Plan, runs_directory: Path) -> pd.DataFrame:
    """Return how the schedules of a study's settings went, where they were not constant.

    A row per setting, key and point: setting, key (such as "schedule"), name (with arguments),
    epoch (0 at the beginning), factor. Of each setting the first run tells it.
    """
    rows = []
    for run in {run.setting: run for run in reversed(plan.trained)}.values():
        courses = read_description(runs_directory / run.folder).get("schedules", {})
        for key, points in courses.items():
            name = schedule_text(run.configuration[key])
            values = (map(float, point.split()) for point in points.split(", "))
            rows += [(run.setting, key, name, *value) for value in values]
    columns = ["setting", "key", "name", "epoch", "factor"]
    return pd.DataFrame(rows, columns=columns).astype({"epoch": float, "factor": float})


def images_of(description: dict) -> str:
    """Return which images a run was trained and validated on, as a text of digests.

    description: the content of run.json.
    """
    digests = description["data"]
    return " ".join(str(digests[name])[:_DIGEST_LENGTH] for name in sorted(digests, reverse=True))


_DIGEST_LENGTH = 12


def _by_data(runs: Sequence[Run]) -> Iterable[list[int]]:
    """Return the places of the runs of each data set."""
    places: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        places.setdefault(run.configuration.get("data_digest", ""), []).append(place)
    return places.values()


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
        f"wrong ones, and {AGAIN}"
    )


def _refuse_other_images(
    folders: Sequence[Path], descriptions: Sequence[dict], images: Sequence[Mapping[str, str]]
) -> None:
    """Raise CollectError for runs whose images are not those with the digests in `images`."""
    others = {
        str(folder): description
        for folder, description in zip(folders, descriptions, strict=True)
        if images and not any(_are(description["data"], each) for each in images)
    }
    if others:
        found = next(iter(others.values()))
        wanted = {name: images[0].get(name, "") for name in found["data"]}
        raise CollectError(
            f"{counted(len(others), 'run')} of this study: not trained on the images that it asks "
            f"for, which have the digest {images_of({'data': wanted})}, but on {images_of(found)} "
            f"({_some([*others])}). Delete these folders, and {AGAIN}"
        )


def _are(found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Return whether these may be the digests of images, as far as those are known."""
    return all(wanted.get(name, digest) == digest for name, digest in found.items())


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _read_runs(
    plan: Plan, runs_directory: Path, checkpoints: Sequence[Path], metric: StudyMetric
) -> tuple[list[dict], list[np.ndarray]]:
    """Return what `read_run` gives of each run. Raises CollectError that names all damaged ones."""
    read, damaged = [], []
    for run in plan.runs:
        folder = runs_directory / run.folder
        try:
            read.append(read_run(folder, run, metric))
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
                    f"Delete the folders {folders}, and {AGAIN}",
                ]
            )
        )
    descriptions, histories = zip(*read, strict=True)
    return list(descriptions), list(histories)


def _check_history(folder: Path, run: Run, description: dict, checkpoints: Sequence[Path]) -> None:
    """Raise DamagedRunError for a history that is not that of the checkpoint at the run's end."""
    ends = own_ends(run.name, run.epochs, description, checkpoints)
    if ends and read_plain(folder / HISTORY).decode("utf-8") not in map(history_of, ends):
        raise DamagedRunError(
            folder,
            f"{folder}: {HISTORY} was changed after the run: {ends[0].path} has other numbers",
        )


def leading_columns(plan: Plan, run: Run, texts: set[str]) -> dict:
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


def text_columns(plan: Plan) -> set[str]:
    """Return the parameters of which some values are texts, or some are numbers and some are not.

    A column of a table holds values of one kind.
    """
    kinds: dict[str, set[type]] = {}
    for run in plan.runs:
        for name in plan.varying:
            if run.parameters.get(name) is not None:
                kinds.setdefault(name, set()).add(type(run.parameters[name]))
    return {
        name for name, found in kinds.items() if str in found or (bool in found and len(found) > 1)
    }


def _cell(value: Any, as_text: bool) -> Any:
    return compact(value) if as_text and value is not None else value


def _run_columns(description: dict, history: np.ndarray, metric: StudyMetric) -> dict:
    """Return how a run ended: its last row, best epoch, speed, chance, and what made it."""
    last, best, seconds = {}, {}, None
    by_steps = is_by_steps(description["canonical_configuration"])
    columns = epoch_columns(metric.columns, by_steps)
    if len(history):
        curve = metric.sign * history[:, columns.index(metric.validation)]
        last, best = (dict(zip(columns, history[row], strict=True)) for row in (-1, curve.argmax()))
        means = dict(zip(columns, history[-metric.last :].mean(axis=0), strict=True))
        last |= {column: means[column] for column in metric.columns if metric.last > 1}
        seconds = history[:, columns.index("train_seconds")].sum() / last["epoch"]
    maker, packages = made_with(description), packages_of(description)
    return {
        "status": description["status"],
        "reason": description["reason"],
        "diverged_epoch": description["diverged_epoch"],
        "diverged_step": description["diverged_step"],
        "epochs_completed": description["epochs_completed"] if by_steps else len(history),
        **({"steps_completed": last.get(STEP, 0)} if by_steps else {}),
        **{column: last.get(column) for column in metric.columns},
        "best_validation_epoch": best.get("epoch"),
        **({"best_validation_step": best.get(STEP)} if by_steps else {}),
        metric.best: best.get(metric.validation),
        "seconds_per_epoch": seconds,
        "chance": chance_of(description, metric),
        "loss_chance": description.get("chances", {}).get("loss"),
        "images": images_of(description),
        **{name: maker[name] for name in ("device", "torch", "python", "blas", "processor")},
        **({"packages": packages} if packages else {}),
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
    *(STEP, "steps", "steps_completed", "best_validation_step"),
)


def typed(table: pd.DataFrame, metric: StudyMetric) -> pd.DataFrame:
    """Return the table with types that do not depend on which rows there are."""
    floats = (
        *("learning_rate", *metric.columns, metric.best),
        *("seconds_per_epoch", "chance", "loss_chance"),
    )
    types = {name: "Int64" for name in _WHOLE if name in table}
    if STEP in table or "steps_completed" in table:
        types |= {name: "float64" for name in ("epoch", "best_validation_epoch") if name in table}
    types |= {name: "float64" for name in floats if name in table}
    return table.astype(types)
