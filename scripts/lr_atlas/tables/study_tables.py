"""The tables in the folder of a study: the one list of their columns, and the one reader."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.common.table_errors import TableError
from lr_atlas.studies.measured_values import are_possible, impossible, impossible_chance
from lr_atlas.studies.metric_columns import name_in
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.tables.table_files import read_arrays, read_csv, read_parquet

if TYPE_CHECKING:
    from lr_atlas.studies.grid import Run

#: The tables that programs read as Parquet; all others are CSV.
_PARQUET = (
    *("epochs", "runs", "first_epoch", "dynamics", "defaults", "measures"),
    "right_answers",
)
_RUN = ("setting", "seed", "status", "optimizer")


def _needed(name: str, metric: StudyMetric) -> tuple[str, ...]:
    """Return the columns without which the file of a table is refused."""
    columns = {
        "epochs": (*_RUN, "epoch", *metric.columns, "train_seconds"),
        "runs": (*_RUN, "run", "learning_rate", "chance", "images", *metric.columns),
        "defaults": (*_RUN, "run", "learning_rate", "chance", "images", *metric.columns),
        "test": (*_RUN, "confirmation", *test_columns(metric), "chance"),
        "varied_runs": (*_RUN, "source", metric.test),
        "right_answers": ("setting", "data", "image", "runs", "right"),
    }
    return columns.get(name, ())


def test_columns(metric: StudyMetric) -> tuple[str, ...]:
    """Return what is measured on the test images, in the order of the columns."""
    validated = (column for column in metric.columns if column.startswith("validation_"))
    return tuple(f"test_{name_in(column)}" for column in validated)


#: The columns of tables that may be empty, or older than a column; what a file lacks is filled in.
#: The table of optimizers is listed as in a study of accuracy; see `columns_of`.
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
        *("plateau_margin", "best_of_1", "best_of_3", "best_of_k", "best_of_seeds"),
        *("best_of_same", "best_of_same_low", "best_of_same_high", "target_reached", "target_runs"),
        *("epochs_to_target", "seconds_to_target", "test_chance", "test_n", "test_diverged"),
        *("test_accuracy_mean", "test_accuracy_std", "test_accuracy_low", "test_accuracy_high"),
        "confirmed",
    ),
    "best_of": (
        *("optimizer", "k", "expected", "settings", "corrected", "corrected_low"),
        *("corrected_high", "drawn_low", "drawn_high", "seeds", "same_k"),
    ),
    "sensitivity": (
        *("optimizer", "setting", "rates", "from_rate", "to_rate", "decades", "seeds"),
        *("sensitivity", "sensitivity_low", "sensitivity_high", "around_below", "around_above"),
        *("around", "around_low", "around_high", "around_refused", "loss_sensitivity"),
        *("loss_sensitivity_low", "loss_sensitivity_high", "plateau_from", "plateau_to"),
        *("plateau_decades", "plateau_open", "plateau_cut", "optimum", "optimum_low"),
        *("optimum_high", "optimum_rates", "optimum_refused", "defaults_setting"),
        *("defaults_learning_rate", "defaults_n", "defaults_diverged", "defaults_mean"),
        *("regret", "regret_low", "regret_high", "regret_refused"),
    ),
    "seeds_and_images": (
        *("first", "second", "runs", "n", "n_most", "images", "value", "over_seeds"),
        *("over_images", "over_both", "low", "high", "level", "refused"),
    ),
    "variance": (
        *("optimizer", "setting", "source", "n", "std", "std_low", "std_high"),
        *("share", "share_low", "share_high", "refused"),
    ),
    "range_tests": ("optimizer", "seed", "step", "learning_rate", "loss"),
    "finder": (
        *("optimizer", "method", "setting", "best_learning_rate", "n", "suggested"),
        *("suggested_low", "suggested_high", "off", "off_low", "off_high"),
        *("lost", "lost_low", "lost_high", "refused"),
    ),
    "findings": ("code", "severity", "optimizer", "setting", "evidence", "fix"),
    "claims": ("claim", "source", "verdict", "evidence", "method", "together"),
    "looks": ("kind", "looks", "seeds", "error"),
    "schedules": ("setting", "key", "name", "epoch", "factor"),
    "reported": (
        *("setting", "metric", "reported", "measured", "std", "n", "difference", "tolerance"),
        *("reproduced", "low", "high", "predicted_low", "predicted_high", "predicted", "source"),
    ),
}


def columns_of(name: str, metric: StudyMetric) -> tuple[str, ...]:
    """Return those of COLUMNS for a study of a metric."""
    if name != "optimizers":
        return COLUMNS[name]
    return tuple(
        column.replace(ACCURACY.validation, metric.validation).replace(ACCURACY.test, metric.test)
        for column in COLUMNS[name]
    )


#: Columns of texts: empty where pandas would read a missing number.
_TEXTS = {
    "pairs": ("first", "second", "question", "metric", "runs", "method", "verdict", "size"),
    "optimizers": (
        *("optimizer", "best_setting", "behind_verdict", "decided", "at_edge", "widest_setting"),
        *("plateau_open", "plateau_cut", "behind_size"),
    ),
    "sensitivity": (
        *("optimizer", "setting", "around_refused", "plateau_open", "plateau_cut"),
        *("optimum_refused", "defaults_setting", "regret_refused"),
    ),
    "seeds_and_images": ("first", "second", "runs", "refused"),
    "variance": ("optimizer", "setting", "source", "refused"),
    "finder": ("optimizer", "method", "setting", "refused"),
    "findings": COLUMNS["findings"],
    "claims": COLUMNS["claims"],
    "looks": ("kind", "seeds"),
    "schedules": ("setting", "key", "name"),
    "reported": ("setting", "metric", "source"),
}
_TYPES = {"summary": {"setting": str}}


def _with_whole_epochs(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the summary with its best epochs as whole numbers, where all of them are."""
    epochs = summary.get("best_validation_epoch", pd.Series(dtype=float)).dropna()
    is_whole = (epochs.astype(float) % 1 == 0).all()
    types = {
        "best_validation_epoch": "Int64" if is_whole else "float64",
        "best_validation_step": "Int64",
    }
    return summary.astype({name: kind for name, kind in types.items() if name in summary})


@dataclass(frozen=True)
class Mistakes:
    """Images that a run got wrong, those of which it was surest first.

    Attributes:
        images: uint8 [k, pixels] of grey squares, or [k, channels, rows, columns].
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
        dynamics: A row per run, measured step and layer, see collect_dynamics.
        schedules: A row per setting, schedule that is not constant, and point of its course.
        summary: A row per setting.
        pairs: A row per compared pair of settings.
        optimizers: A row per optimizer, the best first.
        best_of: A row per optimizer and number of settings tried.
        sensitivity: A row per optimizer, in the same order.
        seeds_and_images: A row per tested setting, and per pair of them that fresh seeds decide.
        variance: A row per chosen setting and source of chance.
        range_tests: A row per optimizer, seed and step of its range tests.
        finder: A row per optimizer and way to read its range tests.
        findings: A row per finding.
        claims: A row per claim.
        looks: A row per kind of look at the study: how many there were, and the error of this one.
        reported: A row per value that a paper reports.
        measures: A row per run: the runs with how soon, how steadily and how far they learned.
        confusion: A row per chosen setting, true and predicted class.
        mistakes: Test images that the chosen model gets wrong; None without any model.
        missing: The runs of the study that the tables lack.
        metric: What they are about.
    """

    epochs: pd.DataFrame = field(default_factory=pd.DataFrame)
    runs: pd.DataFrame = field(default_factory=pd.DataFrame)
    first_epoch: pd.DataFrame = field(default_factory=pd.DataFrame)
    dynamics: pd.DataFrame = field(default_factory=pd.DataFrame)
    schedules: pd.DataFrame = field(default_factory=partial(_empty, "schedules"))
    summary: pd.DataFrame = field(default_factory=pd.DataFrame)
    pairs: pd.DataFrame = field(default_factory=partial(_empty, "pairs"))
    optimizers: pd.DataFrame = field(default_factory=partial(_empty, "optimizers"))
    best_of: pd.DataFrame = field(default_factory=pd.DataFrame)
    sensitivity: pd.DataFrame = field(default_factory=partial(_empty, "sensitivity"))
    seeds_and_images: pd.DataFrame = field(default_factory=partial(_empty, "seeds_and_images"))
    variance: pd.DataFrame = field(default_factory=partial(_empty, "variance"))
    range_tests: pd.DataFrame = field(default_factory=partial(_empty, "range_tests"))
    finder: pd.DataFrame = field(default_factory=partial(_empty, "finder"))
    findings: pd.DataFrame = field(default_factory=partial(_empty, "findings"))
    claims: pd.DataFrame = field(default_factory=partial(_empty, "claims"))
    looks: pd.DataFrame = field(default_factory=partial(_empty, "looks"))
    reported: pd.DataFrame = field(default_factory=partial(_empty, "reported"))
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    confusion: pd.DataFrame = field(default_factory=pd.DataFrame)
    mistakes: Mistakes | None = None
    missing: Sequence["Run"] = ()
    metric: StudyMetric = ACCURACY

    @property
    def target(self) -> float:
        """Return the value of the metric that runs are timed to, NaN if there is none."""
        targets = pd.to_numeric(self.summary["target"]).dropna()
        return float(targets.iloc[0]) if len(targets) else float("nan")


#: The tables that the figures of a study are drawn from.
FIGURES = (
    *("epochs", "runs", "first_epoch", "dynamics", "measures", "summary", "pairs", "optimizers"),
    *("best_of", "sensitivity", "range_tests", "finder", "reported", "confusion", "mistakes"),
    *("schedules", "variance"),
)
#: Some of them only studies with range tests have.
OF_FINDER = ("range_tests", "finder")
#: The tables that texts and pages are written from, and those of them that may not be there.
REPORT = (
    *("summary", "runs", "reported", "epochs", "pairs", "optimizers", "sensitivity"),
    *("seeds_and_images", "variance", "finder", "findings", "claims", "looks"),
)
ANSWERS = (
    *("pairs", "optimizers", "sensitivity", "seeds_and_images", "variance", "finder"),
    *("findings", "claims", "looks"),
)


def read_tables(
    folder: Path,
    names: Collection[str],
    may_lack: Collection[str] = (),
    missing: Sequence["Run"] = (),
    metric: StudyMetric = ACCURACY,
) -> StudyTables:
    """Read the named tables of a study from its folder.

    may_lack: those of the names that are empty where there is no file. missing: the runs of the
    study that the tables lack. metric: of the study. Raises TableError, which names the file and
    the rule that makes it.
    """
    read = {
        name: read_mistakes(path) if name == "mistakes" else read_table(path, metric)
        for name in names
        if (path := folder / file_name(name)).exists() or name not in may_lack
    }
    return StudyTables(**read, missing=missing, metric=metric)


def read_table(path: Path, metric: StudyMetric = ACCURACY) -> pd.DataFrame:
    """Read a table, of which the name of its file says which one it is. Raises TableError.

    Columns in COLUMNS that the file lacks are empty, texts that are missing are empty texts.
    """
    name = path.stem
    if name in _PARQUET:
        return read_parquet(path, _needed(name, metric))
    table = read_csv(path, _needed(name, metric), _TYPES.get(name))
    if name == "summary":
        table = _with_whole_epochs(table)
    if name == "test":
        _check_test(path, table, metric)
    if name in COLUMNS:
        columns = columns_of(name, metric)
        table = table.reindex(columns=list(dict.fromkeys([*columns, *table.columns])))
    for column in (each for each in _TEXTS.get(name, ()) if each in table):
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


def _check_test(path: Path, table: pd.DataFrame, metric: StudyMetric) -> None:
    """Raise TableError for a run that is there twice, or for a number that cannot be."""
    twice = np.flatnonzero(table.duplicated(["setting", "seed"]))
    if len(twice):
        raise TableError(path, f"line {twice[0] + 2} is of a run that is there before")
    for index, value in pd.to_numeric(table["chance"], errors="coerce").items():
        reason = impossible_chance(metric, value)
        if reason:
            chance = table.at[index, "chance"]
            raise TableError(path, f"line {index + 2}: chance is {chance}; {reason}")
    # A program need not measure all.
    measured = [name for name in test_columns(metric) if table[name].notna().any()]
    _check(path, table[table["status"] != "diverged"], tuple(measured))


def _check(path: Path, table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Raise TableError with the line of the file and the value, if a number cannot be."""
    if not columns:
        return
    numbers = table[list(columns)].apply(pd.to_numeric, errors="coerce")
    for index in table.index[~are_possible(columns, numbers.to_numpy(dtype=float))]:
        for name in columns:
            reason = impossible(name, numbers.at[index, name])
            if reason:
                value = table.at[index, name]
                raise TableError(path, f"line {index + 2}: {name} is {value}; {reason}")
