"""Settings that differ by just what matters are hardly ever said to differ by less, or by more."""

import numpy as np
import pandas as pd
import pytest

from lr_atlas.analysis.differences import welch
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.mattering import ALIKE, LESS, MORE, with_sizes
from lr_atlas.analysis.pair_rows import FIRST, INCONCLUSIVE, SECOND, Pairs, simultaneous_intervals

_STUDIES = 20_000


def sizes(difference, matters, seeds, deviations=(1.0, 1.0), tails=None):
    """Return the table of pairs of studies with a true difference between two settings.

    deviations: of a run of each. tails: degrees of freedom of Student's t that runs follow, of
    variance 1; None for normal runs.
    """
    generator = np.random.default_rng([seeds, int(10 * difference)])
    shape = (2, _STUDIES, seeds)
    values = generator.normal(size=shape)
    if tails is not None:
        values = generator.standard_t(tails, size=shape) * np.sqrt((tails - 2) / tails)
    first, second = values * np.array(deviations)[:, None, None]
    one, places = np.ones(_STUDIES, int), np.arange(_STUDIES)
    pairs = Pairs(places, places, one, one)
    low, high, *_ = simultaneous_intervals(welch(first + difference, second), pairs, SIGNIFICANCE)
    verdicts = np.select([low > 0, high < 0], [FIRST, SECOND], INCONCLUSIVE)
    table = pd.DataFrame({"low": low, "high": high, "verdict": verdicts, "method": "Welch"})
    return with_sizes(table, matters)


@pytest.mark.parametrize("seeds", [3, 5, 6, 10])
@pytest.mark.parametrize(
    ("deviations", "tails", "at_most"),
    [((1, 1), None, 0.029), ((1, 3), None, 0.034), ((1, 1), 3, 0.029)],
)
def test_just_what_matters_is_called_less_or_more_in_one_of_forty(
    seeds, deviations, tails, at_most
):
    table = sizes(2.0, 2.0, seeds, deviations, tails)
    assert (table["size"] == LESS).mean() < at_most
    assert (table["size"] == MORE).mean() < at_most


def test_equal_settings_are_alike_once_there_are_seeds_enough():
    shares = [(sizes(0.0, 2.0, seeds)["verdict"] == ALIKE).mean() for seeds in (3, 5, 10)]
    assert shares[0] < 0.3 < 0.5 < shares[1] < 0.6 < 0.9 < shares[2]
