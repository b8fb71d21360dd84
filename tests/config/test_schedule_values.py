"""Schedules in a configuration: their spellings, what is wrong with them, the runs they make."""

import json

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import atlas_from_snapshot, load_atlas
from lr_atlas.studies.study_definition import study_definition, study_from_definition

MINE = """\
def half(step, steps):
    return 0.5 if step > steps else 1.0

def to_end(step, total, power=1.0):
    return (1 - step / total) ** power

def below(step):
    return 5 - step

def breaks(step, total):
    return {}[step]
"""
#: 60,000 images, of which 10,000 are held out, in batches of 100: 5,000 steps.
STUDY = """\
studies:
  a:
    dataset: mnist
    epochs: {epochs}
    seeds: 1
    {line}
    optimizers: [{entry}]
"""
SGD = "{name: sgd, lr: 0.1}"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


def atlas(folder, line, entry=SGD, epochs=10):
    path = folder / "config.yaml"
    path.write_text(STUDY.format(line=line, entry=entry, epochs=epochs))
    return load_atlas([path])


def runs(folder, *arguments, **others):
    return atlas(folder, *arguments, **others).plans["a"].runs


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("cosin", "unknown schedule 'cosin': did you mean 'cosine'?"),
        ("3", "the name of a schedule belongs here, or one with arguments, as in {name: cosine"),
        ("{cosine: 1}", "the name of a schedule belongs here"),
        ("{name: cosine, floor: 2}", "cosine: floor is between 0 and 1; found 2"),
        ("{name: cosine, warmup: 5000}", "a warm-up of 5000 steps leaves nothing of the run"),
        ("{name: constant, warmup: {epochs: 10}}", "a warm-up of 5000 steps leaves nothing"),
        ("{name: cosine, warmup: 1.5}", "'warmup' takes a share of the run below 1, or a number"),
        ("{name: cosine, warmup: -1}", "'warmup' takes a share of the run below 1, or a number"),
        ("{name: cosine, warmpu: 3}", "'warmpu': did you mean 'warmup'?"),
        ("{name: wsd, cooldown: 0.9, warmup: 0.5}", "cooldown takes 4500 steps, and the run has"),
        ("{name: wsd, shape: sqr}", "unknown value 'sqr' of 'shape': did you mean 'sqrt'?"),
        ("{name: multi_step, at: [0.5, 1.2]}", "'at' takes a share of the run below 1"),
        ("{name: multi_step, at: 5}", "'at' takes a list, each a share of the run"),
        ("{name: multi_step, at: [10], warmup: 20}", "step 10 lies within the warm-up of 20"),
        ("{name: step, every: {epochs: 0}}", "'every' takes a share of the run below 1"),
        ("{name: step, factor: true}", "'factor' takes a number, found True"),
        ("{name: cosine_restarts, growth: 0}", "growth is at least 1; found 0"),
        ("mine.py:below", "mine.py:below gives -20 at step 26, in a run of 5000 steps"),
        ("mine.py:breaks", "mine.py:breaks: KeyError: 0; in a run of 5000 steps"),
        ("mine.py:hlf", "mine.py has no 'hlf': did you mean 'half'?"),
        ("{name: mine.py:to_end, pwer: 2}", "cannot be called with (step, total, pwer)"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_told(schedule, told, folder):
    with pytest.raises(UserError) as error:
        atlas(folder, f"schedule: {schedule}")
    assert told in str(error.value)
    assert "config.yaml:6: studies.a.schedule" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_schedule_of_what_an_optimizer_has_not_is_told(folder):
    with pytest.raises(UserError, match="adagrad has no momentum and no betas"):
        atlas(folder, "momentum_schedule: cosine", "{name: adagrad}")
    with pytest.raises(UserError, match=r"config.yaml:7: .*rprop has no weight_decay"):
        atlas(folder, "margin: 0.1", "{name: rprop, weight_decay_schedule: cosine}")


def test_spellings_of_one_schedule_are_one_run_and_defaults_are_left_out(folder):
    spellings = "wsd, {name: warmup_stable_decay}, {name: wsd, cooldown: 0.2, warmup: 0}"
    (run,) = runs(folder, f"schedule: [{spellings}]")
    assert run.configuration["schedule"] == "warmup_stable_decay"
    (run,) = runs(folder, "schedule: [constant, {name: constant, warmup: 0}]")
    assert "schedule" not in run.configuration
    (run,) = runs(folder, "schedule: [{name: step, every: 1e2}, {name: step, every: 100.0}]")
    assert run.configuration["schedule"] == {"name": "step", "every": 100}


def test_a_schedule_that_knows_its_end_has_the_budget_in_its_identity(folder):
    extendable = ["constant", "inverse_sqrt", "mine.py:half", "{name: constant, warmup: 500}"]
    extendable += ["{name: step, every: {epochs: 3}}", "{name: multi_step, at: [100, 200]}"]
    ending = ["cosine", "wsd", "mine.py:to_end", "{name: constant, warmup: 0.1}"]
    ending += ["{name: step, every: 0.3}", "{name: mine.py:half, warmup: 0.1}"]
    for schedule in extendable:
        short, long = (runs(folder, f"schedule: {schedule}", epochs=n)[0] for n in (10, 20))
        assert short.name == long.name
        assert "horizon" not in short.configuration
    for schedule in ending:
        short, long = (runs(folder, f"schedule: {schedule}", epochs=n)[0] for n in (10, 20))
        assert short.name != long.name
        assert short.configuration["horizon"] == {"epochs": 10}
    entry = "{name: sgd, weight_decay: 0.1}"
    (run,) = runs(folder, "weight_decay_schedule: linear", entry)
    assert run.configuration["horizon"] == {"epochs": 10}


def test_jobs_make_the_same_runs_without_the_users_file(folder):
    schedules = "[constant, cosine, {name: 'mine.py:to_end', power: 2, warmup: 3}, 'mine.py:half']"
    found = atlas(folder, f"schedule: {schedules}", "{name: adam}")
    (folder / "mine.py").unlink()
    snapshot, definition = (
        json.loads(json.dumps(each)) for each in (found.snapshot(), study_definition(found, "a"))
    )
    assert atlas_from_snapshot(snapshot).plans == found.plans
    assert study_from_definition(definition)[1] == found.plans["a"]
    assert found.plans["a"].settings == [
        "adam-lr0.001",
        "adam-lr0.001-schedulecosine",
        "adam-lr0.001-schedulehalf",
        "adam-lr0.001-scheduleto_end-power2-warmup3",
    ]


def test_an_entry_overrides_the_study(folder):
    entries = "{name: sgd}, {name: adam, schedule: [constant, {name: cosine, floor: 0.1}]}"
    found = runs(folder, "schedule: linear", entries)
    schedules = [
        (each.parameters["optimizer"], each.configuration.get("schedule")) for each in found
    ]
    assert schedules == [
        ("adam", None),
        ("adam", {"name": "cosine", "floor": 0.1}),
        ("sgd", "linear"),
    ]


def test_the_order_of_schedules_changes_no_tables(folder):
    one, other = (
        study_definition(atlas(folder, f"schedule: [{each}]"), "a")
        for each in ("cosine, {name: wsd, warmup: 5}", "{warmup: 5, name: wsd}, cosine")
    )
    assert one == other
