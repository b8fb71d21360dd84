"""Runs that vary one source of chance: which there are, and how they differ."""

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.selection import confirmations, runs_of_chosen, varied_runs

STUDY = """\
studies:
  a:
    dataset: digits
    validation: {validation}
    seeds: 2
    epochs: 2
    confirm: {confirm}
    variance: {variance}
    optimizers: [{{name: sgd, lr: [0.1, 0.2]}}, {{name: adam, lr: 0.001}}]
"""


def planned(folder, variance, validation="200", confirm=0):
    path = folder / "config.yaml"
    text = STUDY.format(variance=variance, validation=validation, confirm=confirm)
    path.write_text(text)
    return load_atlas([path]).plans["a"]


def of_setting(plan):
    setting = plan.settings[0]
    return [(each.source, each.run) for each in plan.variance if each.run.setting == setting]


def test_each_run_differs_from_the_one_with_all_seeds_equal_in_a_single_seed(tmp_path):
    plan = planned(tmp_path, "{sources: [rounding, order, initialisation], seeds: 3}")
    found = of_setting(plan)
    sources = ["all", "initialisation", "order", "rounding"]
    assert [source for source, _ in found] == sources * 3
    for start in range(0, len(found), len(sources)):
        _, base = found[start]
        assert base.configuration["seed"] == base.seed == 1_000_000 + start // len(sources)
        for source, run in found[start + 1 : start + len(sources)]:
            added = {**run.configuration}
            assert added.pop(f"{source}_seed") == base.seed + 1_000_000
            assert added == base.configuration
    assert len({run.name for _, run in found}) == len(found)


def test_runs_in_which_all_seeds_differ_are_those_that_confirm(tmp_path):
    plan = planned(tmp_path, "{sources: [order], seeds: 3}", confirm=2)
    names = {run.name for run in plan.confirmations}
    shared = {each.run.name for each in plan.variance if each.source == "all"}
    assert names < shared
    assert len(plan.of_chosen) == len(plan.settings) * (3 + 3)


def test_where_the_split_is_varied_each_run_has_one_of_its_own(tmp_path):
    found = of_setting(planned(tmp_path, "{sources: [split], seeds: 2}"))
    seeds = [(source, run.configuration["split_seed"]) for source, run in found]
    first, other = 1_000_000, 2_000_000
    assert seeds == [
        *(("all", first), ("split", other)),
        *(("all", first + 1), ("split", other + 1)),
    ]


def test_split_is_among_the_sources_only_where_a_seed_draws_it(tmp_path):
    with_split = {source for source, _ in of_setting(planned(tmp_path, "true", "0.1"))}
    assert with_split == {"all", "initialisation", "order", "split", "rounding"}
    without = {source for source, _ in of_setting(planned(tmp_path, "true", "test"))}
    assert without == with_split - {"split"}
    with pytest.raises(UserError, match=r"yaml:8: .*split is drawn only where.*is test"):
        planned(tmp_path, "{sources: [split]}", "test")
    with pytest.raises(UserError, match="initialisation"):
        planned(tmp_path, "{sources: [initialization]}")


def test_they_are_trained_of_the_chosen_settings_alone(tmp_path):
    plan = planned(tmp_path, "{sources: [order], seeds: 2}", confirm=2)
    chosen = {"optimizers": [{"setting": plan.settings[1]}]}
    runs = runs_of_chosen(plan, chosen)
    assert {run.setting for run in runs} == {plan.settings[1]}
    assert len(runs) == 4
    assert [each.source for each in varied_runs(plan, chosen)] == ["all", "order"] * 2
    assert confirmations(plan, chosen) == runs[:2]
    assert planned(tmp_path, "false").variance == ()
