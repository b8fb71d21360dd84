"""Looking again and again calls something better in no more studies than is said: 6 in 100."""

import pytest
from simulated_studies import CASES, OTHER_NOISE, false_better_in_looks

from lr_atlas.analysis.looks import level_of_all

#: Numbers of seeds of looks in turn.
SEQUENCES = [(3, 6), (3, 5, 10), tuple(range(3, 11)), (10, 20, 40)]


@pytest.mark.parametrize("sizes", SEQUENCES)
@pytest.mark.parametrize("fresh", [False, True])
def test_looks_at_two_equal_settings_err_as_often_as_is_said(sizes, fresh):
    case = CASES["1 against 1"]
    # Two standard errors of 4,000 studies.
    allowed = level_of_all(len(sizes)) + 0.007
    assert false_better_in_looks(case, 4_000, sizes, fresh=fresh) <= allowed
    # Looks that are not counted err more often.
    if not fresh:
        assert false_better_in_looks(case, 4_000, sizes, counted=False) > 0.06


@pytest.mark.parametrize("name", ["1 against 20", "four with 1 each", "5 against 5, heavy tails"])
def test_looks_at_settings_that_were_picked_err_as_often_as_is_said(name):
    assert false_better_in_looks((CASES | OTHER_NOISE)[name], 1_000, (3, 5, 10)) <= 0.06
