"""The tables in the folder of a study: the one list of their columns, and the one reader."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.common.table_errors import TableError
from lr_atlas.studies.grid import Run
from lr_atlas.tables.measured_values import are_possible, impossible
from lr_atlas.tables.table_files import read_arrays, read_csv, read_parquet
from lr_atlas.training.records import METRICS

#: The tables that programs read as Parquet; all others are CSV.
_PARQUET = ("epochs", "runs", "first_epoch", "measures")
_RUN = ("setting", "seed", "status", "optimizer")
#: A file without these columns is refused.
_NEEDED = {
    "epochs": (*_RUN, "epoch", *METRICS, "train_seconds"),
    "runs": (*_RUN, "run", "learning_rate", "chance", "images", *METRICS),
    "test": (*_RUN, "confirmation", "test_loss", "test_accuracy", "chance"),
}
#: The columns of tables that may be empty, or older than a column; what a file lacks is filled in.
COLUMNS: dict[str, tuple[str, ...]] = {
    "pairs": (
        *("first", "second", "question", "metric", "runs", "n", "n_most", "method", "correlation"),
        *("mean_first", "mean_second", "difference", "low", "high", "p", "smallest_difference"),
        *("improvement", "verdict", "error", "df", "level", "picked_first", "picked_second"),
    ),
    "optimizers": (
        *("optimizer", "settings", "learning_rates", "seeds_min", "seeds_max", "runs", "epochs"),
        *("present", "diverged", "collapsed", "diverged_share", "chance", "best_setting"),
        *("best_learning_rate", "best_epoch", "score_mean", "score_low", "score_high"),
        *("validation_accuracy_mean", "validation_accuracy_std", "behind", "behind_low"),
        *("behind_high", "behind_n", "behind_n_most", "behind_p", "behind_shows"),
        *("behind_verdict", "decided", "ordinary_error", "at_edge", "rates", "spread_fixed"),
        *("spread_widest", "widest_setting", "tuned_rates", "spread_tuned", "plateau_settings"),
        *("plateau_from", "plateau_to", "plateau_decades", "plateau_open", "plateau_cut"),
        *("plateau_margin", "best_of_1", "best_of_3", "target_reached", "target_runs"),
        *("epochs_to_target", "seconds_to_target", "test_chance", "test_n", "test_diverged"),
        *("test_accuracy_mean", "test_accuracy_std", "test_accuracy_low", "test_accuracy_high"),
        "confirmed",
    ),
    "findings": ("code", "severity", "optimizer", "setting", "evidence", "fix"),
    "claims": ("claim", "source", "verdict", "evidence", "method"),
    "reported": (
        *("setting", "metric", "reported", "measured", "std", "n", "difference", "tolerance"),
        *("reproduced", "low", "high", "predicted_low", "predicted_high", "predicted", "source"),
    ),
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
    "reported": ("setting", "metric", "source"),
}
_TYPES = {"summary": {"best_validation_epoch": "Int64", "setting": str}}


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


def _empty(name: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(COLUMNS.get(name, ())))


@dataclass(frozen=True)
class StudyTables:
    """The tables of a study; those that nobody asked for are empty.

    Attributes:
        epochs: A row per run and epoch.
        runs: A row per run.
        first_epoch: A row per run and piece of its first epoch.
        summary: A row per setting.
        pairs: A row per compared pair of settings.
        optimizers: A row per optimizer, the best first.
        best_of: A row per optimizer and number of settings tried.
        findings: A row per finding.
        claims: A row per claim.
        reported: A row per value that a paper reports.
        measures: A row per run: the runs with how soon, how steadily and how far they learned.
        confusion: A row per chosen setting, true and predicted class.
        mistakes: Test images that the chosen model gets wrong; None without any model.
        missing: The runs of the study that the tables lack.
    """

    epochs: pd.DataFrame = field(default_factory=pd.DataFrame)
    runs: pd.DataFrame = field(default_factory=pd.DataFrame)
    first_epoch: pd.DataFrame = field(default_factory=pd.DataFrame)
    summary: pd.DataFrame = field(default_factory=pd.DataFrame)
    pairs: pd.DataFrame = field(default_factory=partial(_empty, "pairs"))
    optimizers: pd.DataFrame = field(default_factory=partial(_empty, "optimizers"))
    best_of: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: pd.DataFrame = field(default_factory=partial(_empty, "findings"))
    claims: pd.DataFrame = field(default_factory=partial(_empty, "claims"))
    reported: pd.DataFrame = field(default_factory=partial(_empty, "reported"))
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    confusion: pd.DataFrame = field(default_factory=pd.DataFrame)
    mistakes: Mistakes | None = None
    missing: Sequence[Run] = ()

    @property
    def target(self) -> float:
        """Return the validation accuracy (0..1) that runs are timed to, NaN if there is none."""
        targets = pd.to_numeric(self.summary["target"]).dropna()
        return float(targets.iloc[0]) if len(targets) else float("nan")


#: The tables that the figures of a study are drawn from.
FIGURES = (
    *("epochs", "runs", "first_epoch", "measures", "summary", "pairs", "optimizers", "best_of"),
    *("reported", "confusion", "mistakes"),
)
#: The tables that texts and pages are written from, and those of them that may not be there.
REPORT = ("summary", "runs", "reported", "epochs", "pairs", "optimizers", "findings", "claims")
ANSWERS = ("pairs", "optimizers", "findings", "claims")


def read_tables(
    folder: Path,
    names: Collection[str],
    may_lack: Collection[str] = (),
    missing: Sequence[Run] = (),
) -> StudyTables:
    """Read the named tables of a study from its folder.

    may_lack: those of the names that are empty where there is no file. missing: the runs of the
    study that the tables lack. Raises TableError, which names the file and the rule that makes it.
    """
    read = {
        name: read_mistakes(path) if name == "mistakes" else read_table(path)
        for name in names
        if (path := folder / file_name(name)).exists() or name not in may_lack
    }
    return StudyTables(**read, missing=missing)


def read_table(path: Path) -> pd.DataFrame:
    """Read a table, of which the name of its file says which one it is. Raises TableError.

    Columns in COLUMNS that the file lacks are empty, texts that are missing are empty texts.
    """
    name = path.stem
    if name in _PARQUET:
        return read_parquet(path, _NEEDED.get(name, ()))
    table = read_csv(path, _NEEDED.get(name, ()), _TYPES.get(name))
    if name == "test":
        _check_test(path, table)
    if name in COLUMNS:
        table = table.reindex(columns=list(dict.fromkeys([*COLUMNS[name], *table.columns])))
    for column in _TEXTS.get(name, ()):
        table[column] = table[column].astype(object).where(table[column].notna(), "").astype(str)
    return table


def file_name(name: str) -> str:
    """Return which file of a study's folder holds a table."""
    suffix = "npz" if name == "mistakes" else "parquet" if name in _PARQUET else "csv"
    return f"{name}.{suffix}"


def read_recorded(folder: Path, name: str, needed: Collection[str] = ()) -> pd.DataFrame | None:
    """Read a table of any version, from the form in which it is there; None if in neither.

    needed: the columns without which it says nothing. Raises UserError.
    """
    path = recorded_file(folder, name)
    if path is None:
        return None
    try:
        table = read_parquet(path) if path.suffix == ".parquet" else read_csv(path)
    except TableError as error:
        raise UserError(
            f"{folder}: its table of {name} cannot be read: {error.reason}. Delete it and run the "
            "workflow again"
        ) from None
    lacking = [column for column in needed if column not in table]
    if lacking:
        raise UserError(f"{folder}: its table of {name} has no column {', '.join(lacking)}")
    return table


def recorded_file(folder: Path, name: str) -> Path | None:
    """Return the file of a table as Parquet, or else as CSV; None if neither is there."""
    paths = (folder / f"{name}.{suffix}" for suffix in ("parquet", "csv"))
    return next((path for path in paths if path.is_file()), None)


def read_mistakes(path: Path) -> Mistakes:
    """Read what the rule `evaluate` has left of the chosen model's mistakes. Raises TableError."""
    images = ("images", "labels", "predicted", "probability")
    arrays = read_arrays(path, (*images, "setting", "seed"))
    return Mistakes(
        **{name: arrays[name] for name in images},
        setting=str(arrays["setting"]),
        seed=int(arrays["seed"]),
    )


def _check_test(path: Path, table: pd.DataFrame) -> None:
    """Raise TableError for a run that is there twice, or for a number that cannot be."""
    twice = np.flatnonzero(table.duplicated(["setting", "seed"]))
    if len(twice):
        raise TableError(path, f"line {twice[0] + 2} is of a run that is there before")
    _check(path, table, ("chance",))
    _check(path, table[table["status"] != "diverged"], ("test_loss", "test_accuracy"))


def _check(path: Path, table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Raise TableError with the line of the file and the value, if a number cannot be."""
    numbers = table[list(columns)].apply(pd.to_numeric, errors="coerce")
    for index in table.index[~are_possible(columns, numbers.to_numpy(dtype=float))]:
        for name in columns:
            reason = impossible(name, numbers.at[index, name])
            if reason:
                value = table.at[index, name]
                raise TableError(path, f"line {index + 2}: {name} is {value}; {reason}")
