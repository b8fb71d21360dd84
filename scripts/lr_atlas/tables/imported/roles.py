"""Runs from elsewhere made the tables of a study: which column is what, and what varies."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.tables.imported.cells import plain_values
from lr_atlas.tables.imported.frame import SAID, Frame, frame_of, of_role
from lr_atlas.tables.imported.imported import Columns, Imported
from lr_atlas.tables.imported.pools import pools_of
from lr_atlas.tables.imported.raw import Raw
from lr_atlas.tables.imported.roles_found import refuse_unknown, roles_of
from lr_atlas.tables.imported.runs_apart import places_of, tell_runs_apart
from lr_atlas.tables.imported.settings import named_settings
from lr_atlas.training.records import STEP

_ALL = Columns()


def identify(raws: Sequence[Raw], columns: Columns = _ALL) -> Imported:
    """Return the tables of runs from elsewhere. Raises UserError with file, line and what to do."""
    pools = [pool for pool in pools_of(raws) if len(pool.table)]
    if not pools:
        raise UserError("there are no rows in the files")
    refuse_unknown(pools, columns)
    frame = frame_of(pools, [roles_of(pool, columns) for pool in pools], columns)
    frame = frame.take(np.flatnonzero(frame.rows[SAID]))
    runs, parameters = tell_runs_apart(frame)
    return _tables(frame, runs, parameters)


def _tables(frame: Frame, runs: np.ndarray, parameters: Sequence[str]) -> Imported:
    rows, metric = frame.rows, frame.metric
    first = np.unique(runs, return_index=True)[1]
    own = rows.iloc[first].reset_index(drop=True)
    optimizers = plain_values(own[of_role("optimizer")])
    rates = plain_values(own[of_role("learning_rate")])
    others = {name: plain_values(own[name]) for name in parameters}
    of_runs = [
        {
            "optimizer": "unknown" if optimizers[i] is None else str(optimizers[i]),
            "learning_rate": float("nan") if rates[i] is None else float(rates[i]),
            **{name: values[i] for name, values in others.items() if values[i] is not None},
        }
        for i in range(len(own))
    ]
    names, settings, varying = named_settings(of_runs)
    leading = pd.DataFrame(
        {
            "setting": names,
            "optimizer": [each["optimizer"] for each in of_runs],
            "learning_rate": [each["learning_rate"] for each in of_runs],
            **{name: [each.get(name) for each in of_runs] for name in varying},
            "seed": pd.array(plain_values(own[of_role("seed")]), dtype="Int64"),
        }
    )
    leading.insert(0, "run", leading["setting"] + "-seed" + leading["seed"].astype(str))
    order = leading["setting"].map({name: place for place, name in enumerate(settings)})
    order = np.lexsort([leading["seed"], order])
    rank = np.argsort(order)
    leading = leading.iloc[order].reset_index(drop=True)
    epochs = leading.iloc[rank[runs]].reset_index(drop=True)
    epochs["epoch"] = places_of(frame)
    epochs = epochs.join(rows[list(metric.columns)])
    epochs[["train_seconds", "evaluate_seconds"]] = np.nan
    epochs["status"] = "finished"
    sort = np.lexsort([epochs["epoch"], rank[runs]])
    epochs = epochs.iloc[sort].reset_index(drop=True).astype({"epoch": "Int64"})
    ends = epochs.groupby("run", sort=False).last()
    best = epochs[metric.validation].mul(metric.sign).groupby(epochs["run"]).max() * metric.sign
    table = leading.assign(
        status="finished",
        reason="",
        epochs_completed=leading["run"].map(ends["epoch"]),
        **{name: leading["run"].map(ends[name]) for name in metric.columns},
        **{metric.best: leading["run"].map(best)},
        seconds_per_epoch=np.nan,
        chance=np.nan,
        loss_chance=np.nan,
        images="",
    )
    unknown = frozenset({"seconds", "chance"})
    by_steps = STEP in epochs
    return Imported(table, epochs, settings, varying, metric, unknown, by_steps, frame.notes)
