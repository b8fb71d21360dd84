"""Runs that are logged by trackers and read back, and whether all of them came through."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Logged:
    """A run to log: its parameters, its values at each step, whether it failed."""

    name: str
    parameters: dict[str, Any]
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    failed: bool = False


def _run(optimizer: str, learning_rate: float, seed: int, *loss: float, **more: Any) -> Logged:
    parameters = {"optimizer": optimizer, "lr": learning_rate, "seed": seed, "nesterov": True}
    accuracy = tuple(1 / (1 + each) if math.isfinite(each) else 0.1 for each in loss)
    return Logged(f"{optimizer}-{learning_rate:g}-{seed}", parameters, loss, accuracy, **more)


RUNS = (
    _run("adam", 1e-3, 1, 0.9, 0.71, 0.52),
    _run("adam", 1e-3, 2, 0.88, 0.7, 0.5),
    _run("sgd", 0.1, 1, 1.9, 1.2, 0.8),
    _run("sgd", 10.0, 1, 1e30, math.inf, math.nan, failed=True),
)


@dataclass(frozen=True)
class Export:
    """Say what a tracker calls things: the two metrics, and where in a run it places them.

    by_name: whether runs are told by their files, since their parameters are not kept. single:
    whether values are kept as floats of four bytes.
    """

    loss: str
    accuracy: str | None = "val_accuracy"
    places: tuple[str, tuple[int, ...]] = ("step", (0, 1, 2))
    status: bool = False
    by_name: bool = False
    single: bool = False


#: The folders that tests/trackers/exports.py writes, and what is called how in each.
EXPORTS = {
    "wandb": Export("val.loss", status=True),
    "mlflow_folder": Export("val_loss", status=True),
    "mlflow_sqlite": Export("val_loss", status=True),
    "tensorboard": Export("val/loss", "val/accuracy", single=True),
    "optuna_sqlite": Export("intermediate_value", None, status=True),
    "optuna_journal": Export("intermediate_value", None, status=True),
    "lightning": Export("val_loss", places=("epoch", (0, 1, 2)), single=True),
    "keras": Export("val_loss", places=("epoch", (0, 1, 2)), by_name=True),
    "hugging_face": Export("eval_told", "eval_accuracy", ("epoch", (1, 2, 3)), by_name=True),
}


def check(folder: Path, export: Export) -> None:
    """Assert that all runs in a folder are as they were logged: parameters, values, ends."""
    from lr_atlas.studies.imported.registry import read_files

    (raw,) = read_files([folder])
    table = raw.table
    found = [own for _, own in table.groupby(raw.roles["run"], observed=True)]
    wanted = [run for run in RUNS if not (export.by_name and run.failed)]
    for run in wanted:
        own = next(own for own in found if _is(own, run, raw, export))
        own = own[_measured(own[export.loss])]
        place, places = export.places
        assert own[raw.roles[place]].tolist() == list(places)
        assert _same(own[export.loss], run.loss, export.single)
        if export.accuracy:
            assert _same(own[export.accuracy], run.accuracy, export.single)
        if export.status:
            ended = "failed" if run.failed else "finished"
            assert own[raw.roles["status"]].unique().tolist() == [ended]
        assert export.loss in raw.metrics


def _is(own: Any, run: Logged, raw: Any, export: Export) -> bool:
    first = own.iloc[0]
    if export.by_name:
        return run.name in first[raw.roles["run"]]
    said = run.parameters
    return (
        first["optimizer"] == said["optimizer"]
        and float(first["lr"]) == said["lr"]
        and int(first["seed"]) == said["seed"]
        and str(first["nesterov"]) in ("True", "1")
    )


def _measured(values: Any) -> Any:
    """Return which cells hold a value, which in a column of objects may be NaN."""
    return values.notna() if values.dtype == float else values.map(_is_said)


def _is_said(value: Any) -> bool:
    return value is not None


def _same(values: Any, logged: tuple[float, ...], single: bool) -> bool:
    import numpy as np

    wanted = np.array(logged, dtype=np.float32 if single else float).astype(float)
    return np.array_equal(values.to_numpy(dtype=float), wanted, equal_nan=True)
