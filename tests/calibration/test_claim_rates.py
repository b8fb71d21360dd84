"""Claims that stand at their border are decided as rarely as docs/claims.md says."""

import pytest
from simulated_claims import coverage_of_a_share, rates_at_the_border, rates_of_all_or_none

STUDIES = 50
#: Three standard errors above 2.5 and 5 % of so many studies.
ALONE, ANY = 0.091, 0.143


@pytest.mark.parametrize("seeds", [3, 6])
def test_a_claim_at_its_border_is_wrongly_decided_in_one_of_forty_studies(seeds):
    rates, together = rates_at_the_border(STUDIES, seeds)
    # Each of two settings may be on the other side: 5 %, after Holm's correction.
    several = {"best", "above, of two"}
    for name, (confirmed, contradicted) in rates.items():
        assert confirmed <= ALONE, name
        assert contradicted <= (ANY if name in several else ALONE), name
    assert together <= ANY


@pytest.mark.parametrize("seeds", range(2, 12))
def test_what_half_of_all_runs_do_is_called_all_or_none_in_one_of_forty_studies_at_most(seeds):
    assert max(rates_of_all_or_none(seeds)) <= 0.025
    assert (max(rates_of_all_or_none(seeds)) > 0) == (seeds >= 6)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9])
def test_the_exact_interval_of_a_share_of_runs_holds_it(share):
    assert min(coverage_of_a_share(seeds, share) for seeds in (2, 3, 5, 6, 10, 20)) >= 0.95
