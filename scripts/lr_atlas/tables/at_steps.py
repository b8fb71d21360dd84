"""Tables of a study whose runs are evaluated by steps, with steps wherever there are epochs.

What draws or lists curves then has one kind of place to go by, whatever the study counts in.
"""

from dataclasses import replace

import pandas as pd

from lr_atlas.tables.study_tables import StudyTables

#: By table, its columns of steps, and those of epochs whose place they take.
_PLACES = {
    "epochs": {"step": "epoch"},
    "runs": {"steps_completed": "epochs_completed"},
    "measures": {"steps_completed": "epochs_completed", "steps_to_target": "epochs_to_target"},
}


def is_by_steps(epochs: pd.DataFrame) -> bool:
    """Return whether the rows of a table of epochs stand at steps."""
    return "step" in epochs


def at_steps(tables: StudyTables) -> StudyTables:
    """Return the tables with steps for epochs; as they are where each row is an epoch."""
    if not is_by_steps(tables.epochs):
        return tables
    # All epochs of a setting have as many steps.
    first = tables.epochs.drop_duplicates("setting").set_index("setting")
    steps = (first["step"] / first["epoch"]).astype(float)
    found = {}
    for name, places in _PLACES.items():
        table: pd.DataFrame = getattr(tables, name)
        there = {new: old for new, old in places.items() if new in table}
        found[name] = table.assign(**{old: table[new] for new, old in there.items()})
        if "seconds_per_epoch" in table:
            seconds = table["seconds_per_epoch"] / table["setting"].map(steps)
            found[name] = found[name].assign(seconds_per_epoch=seconds)
    if len(tables.schedules):
        schedules = tables.schedules
        at = schedules["epoch"] * schedules["setting"].map(steps)
        found["schedules"] = schedules.assign(epoch=at)
    return replace(tables, **found)
