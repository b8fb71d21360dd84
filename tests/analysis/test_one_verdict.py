"""No pair of settings has two verdicts, wherever in a study one looks."""

import re
from itertools import permutations

import pytest
from grid_of_two import (
    GRID,
    analyse,
    fresh_seeds,
)
from study_tables import study_of

from lr_atlas.analysis.claims import check_claims
from lr_atlas.analysis.finding import Seen
from lr_atlas.analysis.findings import findings_table


@pytest.mark.parametrize("confirmed", [False, True])
def test_no_pair_has_two_verdicts_in_the_tables_of_a_study(study, confirmed):
    test = fresh_seeds([0.86, 0.87, 0.85], [0.85, 0.86, 0.87]) if confirmed else None
    found = analyse(*study, test=test)
    names = found.pairs[["first", "second"]].agg(frozenset, axis=1)
    assert not names.duplicated().any()
    said = dict(zip(names, found.pairs["verdict"], strict=True))
    best = found.optimizers["best_setting"].iloc[0]
    for row in found.optimizers.iloc[1:].itertuples():
        verdict = {"behind": "first better"}.get(row.behind_verdict, row.behind_verdict)
        assert said[frozenset((best, row.best_setting))] == verdict
    # A setting on a plateau lies within the margin by the interval of the same table.
    plateau = set(found.summary.loc[found.summary["on_plateau"], "setting"])
    high = dict(zip(found.pairs["second"], found.pairs["high"], strict=True))
    assert all(high[name] <= 0.01 for name in plateau - set(found.optimizers["best_setting"]))


@pytest.mark.parametrize("confirmed", [False, True])
def test_no_pair_has_two_verdicts_in_the_claims_and_findings_of_a_study(study, confirmed):
    test = fresh_seeds([0.86, 0.87, 0.85], [0.85, 0.86, 0.87]) if confirmed else None
    found = analyse(*study, test=test, margin=0.001)
    entries = [{"name": name, "lr": []} for name in ("sgd", "adam")]
    for optimizer, rate in GRID:
        entries[optimizer == "adam"]["lr"].append(rate)
    names = {f"{optimizer}-lr{rate:g}": (optimizer, rate) for optimizer, rate in GRID}
    where = {name: {"optimizer": o, "lr": rate} for name, (o, rate) in names.items()}
    asked = [
        {"claim": kind, "where": where[one], "than" if kind != "best" else "of": other}
        for one, two in permutations(names, 2)
        for kind, other in (
            ("better", where[two]),
            ("not_better", where[two]),
            ("best", [where[two]]),
        )
    ]
    asked += [{"claim": "best", "where": where[name]} for name in names]
    own, plan = study_of(entries, seeds=5, epochs=6, claims=asked)
    said = check_claims(own.claims, plan, found.measured, study[0], found.pairs)["verdict"]
    alone, overall = said[: -len(names)].to_numpy().reshape(-1, 3), said[-len(names) :]
    opposite = {"confirmed": "contradicted", "contradicted": "confirmed"}
    verdicts = dict(zip(permutations(names, 2), alone[:, 0], strict=True))
    for (one, two), (better, not_better, best) in zip(verdicts, alone, strict=True):
        assert best == better
        assert not_better == opposite.get(better, better)
        assert verdicts[two, one] == opposite.get(better, better)
    words = {"first better": "confirmed", "second better": "contradicted"}
    for row in found.pairs.itertuples():
        assert verdicts[row.first, row.second] == words.get(row.verdict, row.verdict)
    for name, verdict in zip(names, overall, strict=True):
        each = {verdicts[name, other] for other in names if other != name}
        assert (verdict == "confirmed") == (each == {"confirmed"})
        assert "contradicted" in each or verdict != "contradicted"

    told = findings_table(Seen(own, plan, study[0], found)).set_index("code")["evidence"]
    decided = []
    for text in told.loc[["coarse"]]:
        best, other = re.match(r"(\S+) is the best of \w+, and (\S+),", text).groups()
        decided.append("is behind by" in text)
        assert decided[-1] == (verdicts[best, other] == "confirmed")
    assert sorted(decided) == [False, True, True]
    first, second = found.optimizers["best_setting"]
    assert ("below_noise" in told) == (verdicts[first, second] == "inconclusive")
