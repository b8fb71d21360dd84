"""The tables of a study, read from its folder, for texts and pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from lr_atlas.analysis.verdicts import COLUMNS as VERDICT_COLUMNS
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.studies.grid import Run
from lr_atlas.tables.table_files import read_csv, read_parquet

#: The columns that texts and pages take for granted, of tables that may be empty.
COLUMNS = {
    "pairs": VERDICT_COLUMNS,
    "optimizers": (
        *("optimizer", "settings", "learning_rates", "seeds_min", "seeds_max", "runs", "epochs"),
        *("present", "diverged", "collapsed", "diverged_share", "chance", "best_setting"),
        *("best_learning_rate", "best_epoch", "score_mean", "score_low", "score_high"),
        *("validation_accuracy_mean", "validation_accuracy_std", "behind", "behind_low"),
        *("behind_high", "behind_n", "behind_n_most", "behind_p", "behind_shows"),
        *("behind_verdict", "decided", "ordinary_error", "at_edge", "rates", "spread_fixed"),
        *("spread_widest", "widest_setting", "tuned_rates", "spread_tuned", "plateau_settings"),
        *("plateau_from", "plateau_to", "plateau_decades", "plateau_open", "plateau_cut"),
        *("plateau_margin", "best_of_1", "best_of_3"),
        *("target_reached", "target_runs", "epochs_to_target", "seconds_to_target"),
        *(
            "test_chance",
            "test_n",
            "test_diverged",
            "test_accuracy_mean",
            "test_accuracy_std",
            "test_accuracy_low",
        ),
        *("test_accuracy_high", "confirmed"),
    ),
    "findings": ("code", "severity", "optimizer", "setting", "evidence", "fix"),
    "claims": ("claim", "source", "verdict", "evidence", "method"),
}
#: Columns of texts: empty where pandas would read a missing number.
_TEXTS = {
    "pairs": ("first", "second", "question", "metric", "runs", "method", "verdict"),
    "optimizers": (
        *("optimizer", "best_setting", "behind_verdict", "decided", "at_edge", "widest_setting"),
        *("plateau_open", "plateau_cut"),
    ),
    "findings": COLUMNS["findings"],
    "claims": COLUMNS["claims"],
}


def _empty(name: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(COLUMNS[name]))


@dataclass(frozen=True)
class Tables:
    """The tables of a study: a row per setting, per run, per reported value, and so on.

    Those of the analysis may be empty, and those of the study's runs lack what is `missing`.
    """

    summary: pd.DataFrame
    runs: pd.DataFrame
    reported: pd.DataFrame
    missing: Sequence[Run] = ()  # the runs of the study that the tables lack
    epochs: pd.DataFrame = field(default_factory=pd.DataFrame)
    pairs: pd.DataFrame = field(default_factory=partial(_empty, "pairs"))
    optimizers: pd.DataFrame = field(default_factory=partial(_empty, "optimizers"))
    findings: pd.DataFrame = field(default_factory=partial(_empty, "findings"))
    claims: pd.DataFrame = field(default_factory=partial(_empty, "claims"))


def read_tables(directory: Path, missing: Sequence[Run] = ()) -> Tables:
    """The tables in a study's folder, of which those of the analysis may be empty or not there.

    missing: the runs of the study that the tables lack.
    """
    types = {"best_validation_epoch": "Int64", "setting": str}
    summary = read_csv(directory / "summary.csv", types=types)
    return Tables(
        summary=summary,
        runs=read_parquet(directory / "runs.parquet"),
        reported=read_csv(directory / "reported.csv"),
        missing=missing,
        epochs=read_parquet(directory / "epochs.parquet"),
        **{name: read_table(directory / f"{name}.csv", name) for name in COLUMNS},
    )


def read_table(path: Path, name: str) -> pd.DataFrame:
    """One of the tables in COLUMNS, with all of its columns; empty without a file.

    Columns that the file lacks are empty, texts that are missing are empty texts.
    """
    table = read_csv(path) if path.exists() else pd.DataFrame()
    table = table.reindex(columns=list(dict.fromkeys([*COLUMNS[name], *table.columns])))
    for column in _TEXTS[name]:
        table[column] = table[column].astype(object).where(table[column].notna(), "").astype(str)
    return table


def rate_texts(tables: Tables) -> dict[float, str]:
    """Return the learning rates of a study, rounded as far as they stay apart, as texts."""
    return rounded_texts(tables.summary["learning_rate"])


def finished_runs(summary: pd.DataFrame, setting: str) -> int:
    """How many runs of a setting did not diverge."""
    own = summary[summary["setting"] == setting]
    return int((own["seeds"] - own["diverged"]).sum())


def higher_but_diverged(tables: Tables) -> pd.DataFrame:
    """Return the summary's rows above the best setting in what is left of runs that diverged."""
    best = tables.optimizers.iloc[0]
    return tables.summary[
        (tables.summary["diverged"] > 0)
        & (tables.summary["setting"] != best["best_setting"])
        & (tables.summary["validation_accuracy_mean"] > best["score_mean"])
    ]
