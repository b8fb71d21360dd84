"""Packs: how many runs a job trains."""

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.runs.packs import runs_per_job


def test_a_profile_says_how_many_runs_a_job_trains_and_else_their_guessed_seconds_do():
    assert runs_per_job(7, pytest.fail, 2) == 7
    assert runs_per_job(None, lambda: [5.0] * 60, 2) == 10
    assert runs_per_job(None, lambda: [500.0] * 60, 2) == 1
    # Jobs that are sent to other machines.
    assert runs_per_job(None, lambda: None, 2) == 1
    assert runs_per_job(20, pytest.fail, 2) == 20


@pytest.mark.parametrize("given", [0, -1, "many", 1.5])
def test_a_number_that_cannot_be_is_refused(given):
    with pytest.raises(UserError, match=f"runs_per_job of train_pack must be at least 1: {given}"):
        runs_per_job(given, pytest.fail, 2)
