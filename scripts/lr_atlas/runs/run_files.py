"""The files of a run's folder: written by the training job, read by the collecting one."""

import contextlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.fingerprint import fingerprint
from lr_atlas.common.lengths import length_name
from lr_atlas.common.safe_files import make_empty, make_folder, open_folder
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.course import Course, is_by_steps
from lr_atlas.training.dynamics_file import dynamics_text
from lr_atlas.training.records import (
    STEP,
    EpochRecord,
    first_epoch_text,
    history_columns,
    history_text,
)

HISTORY, TIMING, DESCRIPTION, MODEL = "history.csv", "timing.csv", "run.json", "model.pt"
FIRST_EPOCH, DYNAMICS = "first_epoch.csv", "dynamics.csv"
#: Stands for the versions, the device and the library of a program, which nobody knows.
NOT_KNOWN = "none"
#: Without the dynamics, which runs of earlier versions, and those of programs, do not have.
FILES = (HISTORY, FIRST_EPOCH, TIMING, DESCRIPTION, MODEL)


@dataclass(frozen=True)
class FinishedRun:
    """The content that a run's folder is written from."""

    records: Sequence[EpochRecord]
    model: bytes  # the content of model.pt
    description: dict  # the content of run.json
    first_epoch: Sequence[dict] = ()  # FirstEpoch.pieces
    layers: Sequence[str] = ()  # Dynamics.layers
    dynamics: Sequence[str] = ()  # Dynamics.rows

    @property
    def tables(self) -> dict[str, str]:
        """Return the texts of its tables, by file."""
        seconds = [(each.train_seconds, each.evaluate_seconds) for each in self.records]
        by_steps = is_by_steps(self.description.get("canonical_configuration", {}))
        steps = [each.step for each in self.records] if by_steps else None
        return {
            HISTORY: history_text(self.records, columns_of(self.description)),
            FIRST_EPOCH: first_epoch_text(self.first_epoch),
            # Also where nothing was recorded, so that none of an earlier run stays.
            DYNAMICS: dynamics_text(self.layers, self.dynamics),
            TIMING: timing_text(seconds, steps),
        }


@dataclass(frozen=True)
class FinishedProgram:
    """The content that the folder of a program's run is written from; it has no weights."""

    tables: dict[str, str]  # as those of a FinishedRun
    description: dict
    model: bytes = b""


def stamp(fingerprint: str, torch: str | None = None) -> str:
    """Return the name of the empty file that says which code, and which torch, made a run.

    A run is up to date when the file with the present fingerprint is there. So that holds for the
    folder alone, wherever it is copied to and whatever becomes of Snakemake's own record.

    torch: its version, where that counts too; a build's suffix (+cpu) does not.
    """
    return f"code-{fingerprint}" + (f"-torch-{torch.partition('+')[0]}" if torch else "")


def finished_folder(results: Path, run: str, length: int | str) -> Path:
    """Return where a pack leaves a finished run's files until Snakemake takes them.

    length: of the run, or the name of a folder by that.
    """
    name = length if isinstance(length, str) else length_name(length)
    return results / "trained" / run / name


def is_finished(folder: Path, stamps: Collection[str]) -> bool:
    """Return whether a run's folder has all of its files, and one of the stamps."""
    return any((folder / name).exists() for name in stamps) and all(
        (folder / name).is_file() for name in FILES
    )


def write_run(folder: Path, run: FinishedRun | FinishedProgram) -> None:
    """Write the folder of a run, its stamps last, so that half a folder is never up to date.

    Raises OSError, and RefusedError if the folder is a link, or the one of all lengths of this run.
    """
    # By hand any folder may be named; among others of its kind it lies in one with the run's name.
    is_named = folder.parent.name != run.description.get("run")
    root, names = (folder, ()) if is_named else (folder.parents[1], folder.parts[-2:])
    make_folder(root)
    with open_folder(root, *names, make=True) as opened:
        for old in os.listdir(opened):
            if old.startswith("code-"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(old, dir_fd=opened)
        for name, content in (
            *((name, text.encode()) for name, text in run.tables.items()),
            (MODEL, run.model),
            (DESCRIPTION, description_text(run.description).encode()),
        ):
            with open_atomically(folder / name, opened) as file:
                file.write(content)
        code, torch = fingerprint(run.description["code"]), run.description["versions"]["torch"]
        for name in {stamp(code), stamp(code, None if torch == NOT_KNOWN else torch)}:
            make_empty(folder / name, opened)


def columns_of(description: Mapping) -> tuple[str, ...]:
    """Return the columns of a run's history beside the epoch, by the content of its run.json.

    Raises ValueError if that says it in no list of names.
    """
    metrics = description.get("metrics", ["accuracy"])
    if not isinstance(metrics, list) or not all(isinstance(name, str) for name in metrics):
        raise ValueError("its metrics are no list of names")
    return (*step_column(description.get("canonical_configuration", {})), *history_columns(metrics))


def step_column(configuration: Mapping) -> tuple[str, ...]:
    """Return the column of a run's steps where its history has one, between epoch and metrics."""
    return (STEP,) if is_by_steps(configuration) else ()


def diverged_at(description: Mapping) -> int | None:
    """Return in which epoch of a run it diverged, or after how many steps; None if it did not.

    Steps where its length is in steps. description: the content of run.json.
    """
    epoch, step = description["diverged_epoch"], description["diverged_step"]
    configuration = description["canonical_configuration"]
    if epoch is None or configuration.get("budget") != "steps":
        return epoch
    of_epoch = Course.of(complete_configuration(configuration), description["training_images"])
    return (epoch - 1) * of_epoch.steps_per_epoch + step


def timing_text(seconds: Sequence[tuple[float, float]], steps: Sequence[int] | None = None) -> str:
    """Return a row per evaluation: epoch (or step), train_seconds, evaluate_seconds (wall time).

    steps: after which the evaluations were, where rows stand at steps.
    """
    rows = [f"{'epoch' if steps is None else STEP},train_seconds,evaluate_seconds"]
    places = range(1, len(seconds) + 1) if steps is None else steps
    for place, (train, evaluate) in zip(places, seconds, strict=True):
        rows.append(f"{place},{train:.4f},{evaluate:.4f}")
    return "\n".join(rows) + "\n"


def description_text(description: dict) -> str:
    """Return the content of run.json: what was trained, with what, and how it ended."""
    return json.dumps(description, indent=2) + "\n"
