"""Tails that load quickly are those of scipy.stats, to the last digit."""

import numpy as np
import pytest
from scipy import stats

from lr_atlas.analysis import distributions

_GENERATOR = np.random.default_rng(0)
FREEDOM = np.concatenate([_GENERATOR.uniform(0.3, 60, 500), np.arange(1.0, 200), [np.nan]])
P = 10 ** _GENERATOR.uniform(-14, -0.31, len(FREEDOM))
X = 10 ** _GENERATOR.uniform(-6, 3, len(FREEDOM))
T = np.append(_GENERATOR.normal(0, 20, len(FREEDOM) - 3), [np.inf, 0.0, -np.inf])


@pytest.mark.parametrize(
    ("ours", "theirs", "arguments"),
    [
        (distributions.t_sf, stats.t.sf, (T, FREEDOM)),
        (distributions.t_isf, stats.t.isf, (P, FREEDOM)),
        (distributions.t_ppf, stats.t.ppf, (P, FREEDOM)),
        (distributions.chi2_isf, stats.chi2.isf, (P, FREEDOM)),
        (distributions.chi2_ppf, stats.chi2.ppf, (P, FREEDOM)),
        (distributions.chi2_pdf, stats.chi2.pdf, (X, FREEDOM)),
        (distributions.norm_logcdf, stats.norm.logcdf, (T,)),
        (distributions.norm_cdf, stats.norm.cdf, (T,)),
        (distributions.norm_ppf, stats.norm.ppf, (P,)),
        (distributions.norm_isf, stats.norm.isf, (P,)),
        (distributions.f_isf, stats.f.isf, (P, FREEDOM, FREEDOM[::-1])),
    ],
)
def test_a_tail_is_that_of_scipys_distributions(ours, theirs, arguments):
    np.testing.assert_array_equal(ours(*arguments), theirs(*arguments))
