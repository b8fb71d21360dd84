"""The files of a run's folder: written by the training job, read by the collecting one."""

import json
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.atomic import open_atomically

HISTORY, TIMING, DESCRIPTION, MODEL = "history.csv", "timing.csv", "run.json", "model.pt"

METRICS = (
    "running_loss",
    "running_accuracy",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)


def write_history(path: Path, records: Sequence) -> None:
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


def write_timing(path: Path, records: Sequence) -> None:
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
