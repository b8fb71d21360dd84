"""Runs from elsewhere as the tables of a study, and what their user says of the columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from lr_atlas.studies.study_metric import StudyMetric


@dataclass(frozen=True)
class Columns:
    """Say which column is what; None and () leave it to the usual names (see usual_names.py).

    Attributes:
        run: The column that tells runs apart; likewise the following, of the setting's name, the
            optimizer, the learning rate, the seed, epoch, step, seconds, status and chance.
        metric: The measured column that the study is about.
        by: The columns that make up a setting beside optimizer and learning rate; (): all others
            that differ between runs.
        ignore: Columns that are read for nothing.
        better: Which values of the metric are better; None: known metrics only.
        unit: The unit of the metric; "%" of values 0..100 that are shares.
    """

    run: str | None = None
    setting: str | None = None
    optimizer: str | None = None
    learning_rate: str | None = None
    seed: str | None = None
    epoch: str | None = None
    step: str | None = None
    seconds: str | None = None
    status: str | None = None
    chance: str | None = None
    metric: str | None = None
    by: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    better: Literal["higher", "lower"] | None = None
    unit: str = ""


#: Names of things that runs from elsewhere may leave unsaid.
UNKNOWN = (
    *("optimizer", "learning_rate", "seeds", "seconds", "divergence", "chance", "validation"),
    *("curves", "epochs"),
)


@dataclass(frozen=True)
class Imported:
    """Runs from elsewhere, in the shape that collecting gives those trained here.

    Attributes:
        runs: A row per run: run, setting, optimizer, learning_rate, what varies, seed, status,
            reason, epochs_completed, the metric's columns, best values, and NaN where nothing is
            known, such as seconds_per_epoch.
        epochs: A row per run and evaluation; where there are final values alone, a row per run.
        parameters: {setting: {"optimizer", "learning_rate" and all others}}, in canonical order.
        varying: The parameters that differ between settings, learning rate left out.
        metric: The metric that the study is about.
        unknown: What the files do not say, of UNKNOWN.
        by_steps: Whether the rows stand at steps, as in `Plan.is_by_steps`; where epochs are
            unknown, their column repeats the steps.
        notes: Lines for the user on what was put right, and how the files were read.
    """

    runs: pd.DataFrame
    epochs: pd.DataFrame
    parameters: Mapping[str, dict[str, Any]]
    varying: tuple[str, ...]
    metric: StudyMetric
    unknown: frozenset[str]
    by_steps: bool
    notes: tuple[str, ...]
