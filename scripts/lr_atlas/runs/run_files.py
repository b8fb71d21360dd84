"""The files of a run's folder: written by the training job, read by the collecting one."""

import contextlib
import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.fingerprint import fingerprint
from lr_atlas.common.safe_files import make_empty, make_folder, open_folder
from lr_atlas.training.records import EpochRecord, first_epoch_text, history_text

HISTORY, TIMING, DESCRIPTION, MODEL = "history.csv", "timing.csv", "run.json", "model.pt"
FIRST_EPOCH = "first_epoch.csv"
FILES = (HISTORY, FIRST_EPOCH, TIMING, DESCRIPTION, MODEL)


@dataclass(frozen=True)
class FinishedRun:
    """The content that a run's folder is written from."""

    records: Sequence[EpochRecord]
    model: bytes  # the content of model.pt
    description: dict  # the content of run.json
    first_epoch: Sequence[dict] = ()  # FirstEpoch.pieces


def stamp(fingerprint: str, torch: str | None = None) -> str:
    """Return the name of the empty file that says which code, and which torch, made a run.

    A run is up to date when the file with the present fingerprint is there. So that holds for the
    folder alone, wherever it is copied to and whatever becomes of Snakemake's own record.

    torch: its version, where that counts too; a build's suffix (+cpu) does not.
    """
    return f"code-{fingerprint}" + (f"-torch-{torch.partition('+')[0]}" if torch else "")


def is_finished(folder: Path, stamps: Collection[str]) -> bool:
    """Return whether a run's folder has all of its files, and one of the stamps."""
    return any((folder / name).exists() for name in stamps) and all(
        (folder / name).exists() for name in FILES
    )


def write_run(folder: Path, run: FinishedRun) -> None:
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
            (HISTORY, history_text(run.records).encode()),
            (FIRST_EPOCH, first_epoch_text(run.first_epoch).encode()),
            (TIMING, timing_text(run.records).encode()),
            (MODEL, run.model),
            (DESCRIPTION, description_text(run.description).encode()),
        ):
            with open_atomically(folder / name, opened) as file:
                file.write(content)
        code, torch = fingerprint(run.description["code"]), run.description["versions"]["torch"]
        for name in (stamp(code), stamp(code, torch)):
            make_empty(folder / name, opened)


def timing_text(records: Sequence[EpochRecord]) -> str:
    """Return a row per epoch: epoch, train_seconds, evaluate_seconds (wall time)."""
    rows = ["epoch,train_seconds,evaluate_seconds"]
    rows += [f"{r.epoch},{r.train_seconds:.4f},{r.evaluate_seconds:.4f}" for r in records]
    return "\n".join(rows) + "\n"


def description_text(description: dict) -> str:
    """Return the content of run.json: what was trained, with what, and how it ended."""
    return json.dumps(description, indent=2) + "\n"
