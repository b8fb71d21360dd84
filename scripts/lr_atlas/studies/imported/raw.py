"""Runs as files from elsewhere have them, before anybody says which column is what."""

from dataclasses import dataclass, field

import pandas as pd

#: Roles that a column can have, beside those of metrics and parameters.
ROLES = (
    *("run", "setting", "optimizer", "learning_rate", "seed", "epoch", "step", "seconds"),
    *("status", "reason", "diverged_epoch", "diverged_step", "chance", "loss_chance"),
    *("seconds_per_epoch", "evaluate_seconds"),
)
#: Begins the names of what LR Atlas says of a run that it has exported (tools/export).
EXPORTED = "lr_atlas."
#: The name, and the value, by which an exported run has a study's tables and is none itself.
EXPORTED_KIND, OF_STUDY = f"{EXPORTED}kind", "study"


@dataclass(frozen=True)
class Raw:
    """One long table of runs, and what its format says of it.

    Attributes:
        table: A row per run and evaluation, or a row per run with final values alone; columns as
            the files name them. Where nothing is said there is None, NaN in a column of numbers. A
            measured value that is no number is NaN in a column of objects, or a text such as "nan".
            What belongs to a run stands on each of its rows, or on any of them and None elsewhere.
        where: "file" (category) and "line" (Int64, from 1, NA where there are none) of each row,
            with the index of the table; for messages.
        roles: {role, one of ROLES: column} that the format itself defines.
        metrics: The columns that the format says are measured; None where it does not say.
        parameters: Those that it says are parameters; None where it does not say.
        notes: Lines for the user on what was put right.
        by_hand: Whether the columns are as somebody has named them, so that columns may stand for
            runs, seeds or epochs.
    """

    table: pd.DataFrame
    where: pd.DataFrame
    roles: dict[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] | None = None
    parameters: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    by_hand: bool = False


def where_of(table: pd.DataFrame, file: str, lines: object = None) -> pd.DataFrame:
    """Return the `where` of a table that comes from one file.

    lines: one for each row; None where a file of this kind has none.
    """
    return pd.DataFrame(
        {
            "file": pd.Categorical.from_codes([0] * len(table), [file]),
            "line": pd.array([pd.NA] * len(table) if lines is None else lines, dtype="Int64"),
        },
        index=table.index,
    )
