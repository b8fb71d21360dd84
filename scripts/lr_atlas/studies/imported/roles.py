"""Runs from elsewhere made the tables of a study: which column is what, and what varies."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.studies.imported.endings import Ended, end_runs
from lr_atlas.studies.imported.evaluations import lost_at_the_end, with_neighbours
from lr_atlas.studies.imported.frame import frame_of, of_role
from lr_atlas.studies.imported.imported import Columns, Imported
from lr_atlas.studies.imported.joined import joined
from lr_atlas.studies.imported.pools import pools_of
from lr_atlas.studies.imported.raw import ROLES, Raw
from lr_atlas.studies.imported.roles_found import refuse_unknown, roles_of
from lr_atlas.studies.imported.runs_apart import tell_runs_apart
from lr_atlas.studies.imported.settings import refuse_settings_of_one, settings_of
from lr_atlas.studies.imported.tables import (
    epochs_table,
    from_zero,
    leading_columns,
    names_of_runs,
    refuse_same_seeds,
    runs_table,
    seeds_in_order,
    seeds_of,
    stopped_early,
)
from lr_atlas.studies.imported.usual_names import measured
from lr_atlas.studies.imported.wide import widened

_ALL = Columns()


def identify(raws: Sequence[Raw], columns: Columns = _ALL) -> Imported:
    """Return the tables of runs from elsewhere. Raises UserError with file, line and what to do."""
    pools = [pool for pool in pools_of(raws) if len(pool.table)]
    if not pools:
        raise UserError("there are no rows in the files")
    pools = [long for pool in pools for long in widened(pool, columns)]
    refuse_unknown(pools, columns)
    frame = frame_of(pools, [roles_of(pool, columns) for pool in pools], columns)
    notes = dict.fromkeys(note for raw in raws for note in raw.notes)
    frame = replace(frame, notes=(*notes, *frame.notes))
    named = [role for role in ROLES if getattr(columns, role, None) is not None]
    told = with_neighbours(tell_runs_apart(joined(frame), columns.by, named))
    ended = end_runs(told, lost_at_the_end(told))
    return _imported(ended, asked=bool(columns.by) or any(raw.parameters for raw in raws))


def _imported(ended: Ended, asked: bool) -> Imported:
    """Return the tables. asked: whether somebody said which columns are parameters."""
    told, first = ended.told, ended.first
    where = ended.where
    settings = settings_of(first, where, told.parameters)
    seeds, notes = seeds_of(ended, where)
    if not asked:
        refuse_settings_of_one(settings, seeds.tolist(), told.parameters, first)
    knows_seeds = bool((seeds >= 0).all())
    if knows_seeds:
        refuse_same_seeds(settings.of_runs, seeds, where)
    else:
        seeds = seeds_in_order(settings.of_runs)
        notes.append(
            "no column of seeds: runs of one setting are replicates, in the order in which they "
            "come"
        )
    names = names_of_runs(ended, settings.of_runs, seeds)
    place = {name: number for number, name in enumerate(settings.parameters)}
    places = np.array([place[name] for name in settings.of_runs])
    order = np.lexsort((seeds, places))
    rank = np.full(int(ended.runs.index.max()) + 1, -1)
    rank[ended.runs.index.to_numpy()[order]] = np.arange(len(order))
    leading = leading_columns(settings, names, seeds).iloc[order].reset_index(drop=True)
    ended = ended.in_order(order)
    epochs = epochs_table(ended, leading, rank)
    runs = runs_table(ended, epochs, leading)
    return Imported(
        runs,
        epochs,
        settings.parameters,
        settings.varying,
        told.frame.metric,
        _unknown(ended, runs, knows_seeds),
        told.by_steps,
        (*told.frame.notes, *notes, *from_zero(epochs), *stopped_early(runs, told.by_steps)),
    )


def _unknown(ended: Ended, runs: pd.DataFrame, knows_seeds: bool) -> frozenset[str]:
    """Return what the files do not say, of imported.UNKNOWN."""
    frame, told = ended.told.frame, ended.told
    said = {
        "optimizer": "optimizer" in frame.roles,
        "learning_rate": bool(runs["learning_rate"].notna().any()),
        "seeds": knows_seeds,
        "seconds": bool(runs["seconds_per_epoch"].notna().any()),
        "divergence": ended.tells,
        "chance": bool(runs["chance"].notna().any()),
        "validation": measured(frame.column).series == "validation",
        "curves": told.has_curves,
        "epochs": not told.by_steps or bool(np.isfinite(frame.rows[of_role("epoch")]).any()),
    }
    return frozenset(name for name, is_said in said.items() if not is_said)
