"""A table of runs joined to the files with their curves, by the names of the runs."""

from dataclasses import replace

import numpy as np
import pandas as pd

from lr_atlas.studies.imported.frame import PADDED, SAID, Frame, of_role
from lr_atlas.studies.imported.pools import FILE, SOURCE


def joined(frame: Frame) -> Frame:
    """Return the rows with those of a table that has a row per run as said of runs elsewhere.

    Trackers export runs, with their parameters and final values, and histories as two tables. Of a
    run whose curve is there, the row with final values is no evaluation. Tables are joined if each
    run's curve is in one file alone.
    """
    rows = frame.rows
    if "run" not in frame.roles or rows[SOURCE].nunique() < 2:
        return frame
    names = pd.Series(pd.factorize(rows[of_role("run")])[0], index=rows.index)
    sources = rows[SOURCE]
    has_curves = names.groupby([sources, names]).transform("size").gt(1).groupby(sources)
    curve = (has_curves.transform("any") & (names >= 0)).to_numpy()
    once = sources[curve].groupby(names[curve]).nunique()
    of_curves = set(once.index)
    final = ~curve & names.isin(of_curves).to_numpy()
    if not final.any() or once.max() > 1:
        return frame
    table = sources[final].iloc[0]
    together = set(sources[final]) | set(sources[curve & names.isin(names[final]).to_numpy()])
    places = {of_role(role): rows[of_role(role)].where(~final) for role in ("epoch", "step")}
    rows = rows.assign(
        **{SOURCE: np.where(sources.isin(together), table, sources)},
        **{SAID: rows[SAID] & ~final, PADDED: rows[PADDED] | final},
        **places,
    )
    note = f"{frame.where[FILE][final].iloc[0]}: joined to the curves by the names of the runs"
    return replace(frame, rows=rows, notes=(*frame.notes, note))
