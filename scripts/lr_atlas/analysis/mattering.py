"""Differences that matter: which compared pairs are alike, and which differ by less than matters.

A pair is alike if its whole interval lies within the smallest difference that matters, to both
sides: two one-sided t tests (Schuirmann 1987, A comparison of the two one-sided tests procedure,
J. Pharmacokinet. Biopharm. 15), here at the level of the interval, so that what is said of a pair
can be read off one interval. Since all intervals of the table of pairs hold together, so does all
that is said of sizes: it adds nothing to the error of 5 %. Settings that are truly that far apart,
compared alone, are called alike in at most 2.5 % of studies.
"""

import numpy as np
import pandas as pd

from lr_atlas.analysis.pair_rows import INCONCLUSIVE
from lr_atlas.locale.speech import mark

ALIKE = mark("alike")
LESS, MORE = mark("less than matters"), mark("more than matters")
#: The columns that are added to a table of pairs.
COLUMNS = ("matters", "size")


def with_sizes(pairs: pd.DataFrame, matters: float | None) -> pd.DataFrame:
    """Return the compared pairs with what is shown of their size; as they are without `matters`.

    pairs: of verdicts.compare_settings. matters: the smallest difference that does, in the
    metric's own unit. Added are `matters` and `size`: LESS where the difference is shown to be
    smaller, MORE where it is shown to be larger, else empty. The verdict on a pair that was
    inconclusive, and is LESS, becomes ALIKE. Of a pair with runs that diverged (those with a
    permutation test) no size is told: Student's t is too sure of such runs.
    """
    if matters is None:
        return pairs
    low, high = pairs["low"].astype(float), pairs["high"].astype(float)
    trusted = ~pairs["method"].astype(str).str.endswith("permutation")
    less = trusted & (low > -matters) & (high < matters)
    more = trusted & ((low > matters) | (high < -matters))
    alike = less & (pairs["verdict"] == INCONCLUSIVE)
    return pairs.assign(
        verdict=pairs["verdict"].mask(alike, ALIKE),
        matters=float(matters),
        size=np.select([less, more], [LESS, MORE], ""),
    )
