"""The files of a run's folder: written by the training job, read by the collecting one."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lr_atlas.atomic import open_atomically

HISTORY, TIMING, DESCRIPTION, MODEL = "history.csv", "timing.csv", "run.json", "model.pt"
FIRST_EPOCH = "first_epoch.csv"
FILES = (HISTORY, FIRST_EPOCH, TIMING, DESCRIPTION, MODEL)

METRICS = (
    "running_loss",
    "running_accuracy",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)


@dataclass(frozen=True)
class Metrics:
    """Loss as mean per image, accuracy as a share of the images."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class EpochRecord:
    """One row of the history, and what it cost."""

    epoch: int
    running: Metrics  # averaged while the weights changed
    train: Metrics  # after the epoch, in evaluation mode
    validation: Metrics
    train_seconds: float
    evaluate_seconds: float

    def as_dict(self) -> dict:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "EpochRecord":
        """The record of what `as_dict` gave."""
        series = {key: Metrics(**values[key]) for key in ("running", "train", "validation")}
        return cls(**{**values, **series})


@dataclass(frozen=True)
class FinishedRun:
    """All that a run's folder is written from."""

    records: Sequence[EpochRecord]
    model: bytes  # the content of model.pt
    description: dict  # the content of run.json
    first_epoch: Sequence[dict] = ()  # FirstEpoch.pieces


def stamp(fingerprint: str, torch: str | None = None) -> str:
    """The name of the empty file that says which code, and which torch, made a run.

    A run is up to date when the file with the present fingerprint is there. So that holds for the
    folder alone, wherever it is copied to and whatever becomes of Snakemake's own record.

    torch: its version, where that counts too; a build's suffix (+cpu) does not.
    """
    return f"code-{fingerprint}" + (f"-torch-{torch.partition('+')[0]}" if torch else "")


def is_finished(folder: Path, stamp: str) -> bool:
    """Whether a run's folder has all of its files, and the stamp that is asked for."""
    return all((folder / name).exists() for name in (*FILES, stamp))


def write_run(folder: Path, run: FinishedRun, fingerprint: str) -> None:
    """Write the folder of a run, its stamps last, so that half a folder is never up to date."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("code-*"):
        old.unlink(missing_ok=True)
    write_history(folder / HISTORY, run.records)
    write_first_epoch(folder / FIRST_EPOCH, run.first_epoch)
    write_timing(folder / TIMING, run.records)
    with open_atomically(folder / MODEL) as file:
        file.write(run.model)
    write_description(folder / DESCRIPTION, run.description)
    torch = run.description["versions"]["torch"]
    for name in (stamp(fingerprint), stamp(fingerprint, torch)):
        (folder / name).touch()


def write_history(path: Path, records: Sequence[EpochRecord]) -> None:
    """A row per epoch: epoch, then METRICS with ten significant digits."""
    rows = [",".join(("epoch", *METRICS))]
    for record in records:
        values = [
            value
            for metrics in (record.running, record.train, record.validation)
            for value in (metrics.loss, metrics.accuracy)
        ]
        rows.append(",".join([str(record.epoch), *(f"{value:.10g}" for value in values)]))
    _write(path, "\n".join(rows) + "\n")


def write_first_epoch(path: Path, pieces: Sequence[dict]) -> None:
    """A row per piece of the first epoch: its last step, from 1, and its mean loss."""
    rows = ["step,loss", *(f"{piece['step']},{piece['loss']}" for piece in pieces)]
    _write(path, "\n".join(rows) + "\n")


def write_timing(path: Path, records: Sequence[EpochRecord]) -> None:
    """A row per epoch: epoch, train_seconds, evaluate_seconds (wall time)."""
    rows = ["epoch,train_seconds,evaluate_seconds"]
    rows += [f"{r.epoch},{r.train_seconds:.4f},{r.evaluate_seconds:.4f}" for r in records]
    _write(path, "\n".join(rows) + "\n")


def write_description(path: Path, description: dict) -> None:
    """run.json: what was trained, with what, and how it ended."""
    _write(path, json.dumps(description, indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    with open_atomically(path) as file:
        file.write(text.encode("utf-8"))
