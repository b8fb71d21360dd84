"""The tables of a study that its figures are drawn from, as files in one folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lr_atlas.tables.table_files import read_arrays, read_csv, read_parquet


@dataclass(frozen=True)
class Mistakes:
    """Images that a run got wrong, those of which it was surest first.

    Attributes:
        images: uint8 [k, 784].
        labels: uint8 [k], the true classes.
        predicted: uint8 [k], the classes that it took them for.
        probability: float32 [k], of the predicted class, 0..1.
        setting: The run's setting, empty if no run was evaluated.
        seed: The run's seed.
    """

    images: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    probability: np.ndarray
    setting: str
    seed: int


@dataclass(frozen=True)
class Tables:
    """What a study's figures show.

    Attributes:
        epochs: A row per run and epoch.
        runs: A row per run.
        first_epoch: A row per run and piece of its first epoch.
        summary: A row per setting.
        pairs: A row per compared pair of settings.
        optimizers: A row per optimizer, the best first.
        best_of: A row per optimizer and number of settings tried.
        reported: A row per value that a paper reports.
        measures: A row per run: the runs with how soon, how steadily and how far they learned.
        confusion: A row per chosen setting, true and predicted class.
        mistakes: Test images that the chosen model gets wrong.
    """

    epochs: pd.DataFrame
    runs: pd.DataFrame
    first_epoch: pd.DataFrame
    summary: pd.DataFrame
    pairs: pd.DataFrame
    optimizers: pd.DataFrame
    best_of: pd.DataFrame
    reported: pd.DataFrame
    measures: pd.DataFrame
    confusion: pd.DataFrame
    mistakes: Mistakes

    @property
    def target(self) -> float:
        """Return the validation accuracy (0..1) that runs are timed to, NaN if there is none."""
        targets = pd.to_numeric(self.summary["target"]).dropna()
        return float(targets.iloc[0]) if len(targets) else float("nan")


def read_tables(directory: Path) -> Tables:
    """Read the tables that the rules collect, evaluate and analyse have left in the folder."""
    return Tables(
        **{
            name: read_parquet(directory / f"{name}.parquet")
            for name in ("epochs", "runs", "first_epoch", "measures")
        },
        **{
            name: read_csv(directory / f"{name}.csv")
            for name in ("summary", "pairs", "optimizers", "best_of", "reported", "confusion")
        },
        mistakes=read_mistakes(directory / "mistakes.npz"),
    )


def read_mistakes(path: Path) -> Mistakes:
    """Read what the rule `evaluate` has left of the chosen model's mistakes."""
    images = ("images", "labels", "predicted", "probability")
    arrays = read_arrays(path, (*images, "setting", "seed"))
    return Mistakes(
        **{name: arrays[name] for name in images},
        setting=str(arrays["setting"]),
        seed=int(arrays["seed"]),
    )
