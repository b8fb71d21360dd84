"""`lr-atlas judge` errs as often as the tables of rates say: it tells the same studies apart."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from simulated_studies import CASES, OTHER_NOISE, verdicts_between

from lr_atlas.studies.imported.imported import Columns
from lr_atlas.tools.judge.judged_runs import read_judged_runs
from lr_atlas.tools.judge.judgement import INCONCLUSIVE, Rules, judge

STUDIES, SEEDS = 20, 4


@pytest.mark.parametrize("name", ["1 against 20", "1 against 1, heavy tails"])
@pytest.mark.parametrize("further", [0.0, 5.0])
def test_of_single_studies_it_says_what_the_simulation_does(tmp_path, name, further):
    """In some of them the second optimizer's settings are better by so many standard deviations."""
    equal = (CASES | OTHER_NOISE)[name]
    case = replace(equal, truth=tuple(further * owner for owner in equal.owners))
    told_apart, _ = verdicts_between(case, STUDIES, SEEDS, seed=7)
    generator = np.random.default_rng([7, SEEDS, 0, *case.settings])
    runs = 0.5 + 0.001 * case.runs(generator, STUDIES, SEEDS)
    found = [_told_apart(tmp_path / "runs.csv", case.owners, study) for study in runs]
    assert found == told_apart.any(axis=1).tolist()
    assert sum(found) > STUDIES / 2 if further else sum(found) < STUDIES / 4


def _told_apart(file, owners, values):
    """Write the runs of a study, [settings, seeds], and return whether judge finds a difference."""
    rows = [
        {"optimizer": "ab"[owner], "lr": 0.1 + place, "seed": seed, "accuracy": value}
        for place, owner in enumerate(owners)
        for seed, value in enumerate(values[place])
    ]
    pd.DataFrame(rows).to_csv(file, index=False)
    judged = read_judged_runs([file], Columns(metric="accuracy", better="higher"))
    return judge(judged, "a", Rules()).decisive.verdict != INCONCLUSIVE
