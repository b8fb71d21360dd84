"""The studies that run where no configuration is given: the same, wherever their files lie."""

import hashlib
import re

import pytest
from whole_runs import PROJECT

from lr_atlas.analysis.budgets import budgets, unequal
from lr_atlas.analysis.findings import timing_disturbed
from lr_atlas.analysis.findings.few_seeds import ENOUGH_SEEDS
from lr_atlas.analysis.next_grid import learning_rates
from lr_atlas.studies.atlas import load_atlas

#: The digest of "study run epochs" of all runs, from when all studies stood in config.yaml itself.
DIGEST = "7d2a97ccc10dfb548dfb3022ec27dc5620e566443936ed1006981d5763056d88"


def test_the_default_studies_are_the_same_runs_in_the_same_order_as_ever():
    plans = load_atlas([PROJECT / "config.yaml"]).plans
    assert list(plans) == ["mnist-sgd-adagrad", "fashion-mnist-learning-rate", "mnist-optimizers"]
    runs = [
        f"{name} {run.name} {run.epochs}"
        for name, plan in plans.items()
        for run in (*plan.runs, *plan.confirmations)
    ]
    assert hashlib.sha256("\n".join(runs).encode()).hexdigest() == DIGEST


def test_the_study_that_the_readme_opens_with_keeps_the_rules_that_its_own_findings_ask_for():
    atlas = load_atlas([PROJECT / "config.yaml"])
    name = "mnist-sgd-adagrad"
    study, plan = atlas.configuration.studies[name], atlas.plans[name]
    assert unequal(budgets(plan)) == []
    assert len(study.seeds) >= ENOUGH_SEEDS
    assert isinstance(study.validation, int)
    assert study.confirm > 0
    # The chosen setting is known afterwards, so each can be confirmed.
    confirmed = [run.setting for run in plan.confirmations]
    assert all(confirmed.count(setting) == study.confirm for setting in plan.settings)

    page = (PROJECT / "docs" / "results" / f"{name}.md").read_text(encoding="utf-8")
    chosen = re.findall(r"^\| (Adagrad|SGD) +\| learning rate ([\d.e-]+)[, |]", page, re.MULTILINE)
    assert {optimizer.lower() for optimizer, _ in chosen} == set(budgets(plan).index)
    for optimizer, rate in chosen:
        lowest, *_, highest = learning_rates(plan, optimizer.lower())
        assert lowest < float(rate) < highest
    findings = page.partition("## Findings")[2].partition("\n## ")[0]
    # The load of the machine is no matter of the study.
    assert set(re.findall(r"^- (.*?):", findings, re.MULTILINE)) <= {timing_disturbed.TITLE}


def _without_words(study):
    """Return a study's plain values without what it says in words."""
    values = study.model_dump(mode="json", exclude={"title", "description", "language"})
    for each in (*values["claims"], *values["reference"]["values"]):
        each.pop("text", None)
        each.pop("from", None)
        each.pop("source", None)
    return values


@pytest.mark.parametrize("name", ["fashion-mnist-learning-rate", "mnist-optimizers"])
def test_a_papers_study_in_spanish_asks_for_the_same_in_other_words(name):
    english = load_atlas([PROJECT / "studies" / f"{name}.yaml"])
    spanish = load_atlas([PROJECT / "studies" / "es" / f"{name}.yaml"])
    assert spanish.configuration.language == "es"
    assert [run.name for run in spanish.plans[name].runs] == [
        run.name for run in english.plans[name].runs
    ]
    one, other = (atlas.configuration.studies[name] for atlas in (english, spanish))
    assert _without_words(one) == _without_words(other)
    assert not {each.text for each in one.claims} & {each.text for each in other.claims}
