"""The plan tells what training will cost from what past runs took."""

import json
import re
import shutil

import pytest
from test_plan import leave_in_the_middle
from whole_runs import PROJECT, TINY, edit_code, plan, row_of, run_folders, statuses

from lr_atlas.common.machine import processor
from lr_atlas.common.units import core_time_text, size_text, time_text
from lr_atlas.runs.run_costs import wall_seconds
from lr_atlas.runs.run_files import TIMING
from lr_atlas.runs.run_folders import row_seconds
from lr_atlas.runs.run_status import Circumstances
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.range_tests import rates as find_rates_of
from lr_atlas.tools.plan.plan_text import plan_text
from lr_atlas.tools.plan.run_plan import number_of_fresh_runs, plan_runs

LEARNING_RATES = "lr: [0.01, 0.1, 1e+6]"


def set_seconds(directory, seconds):
    """Have every epoch of every run have taken so long, and a job 5 s more than its epochs."""
    for folder in run_folders(directory):
        count = len((folder / "timing.csv").read_text().splitlines()) - 1
        rows = [f"{n},{0.75 * seconds},{0.25 * seconds}\n" for n in range(1, count + 1)]
        (folder / "timing.csv").write_text("epoch,train_seconds,evaluate_seconds\n" + "".join(rows))
        place = f"{folder.parent.name}/{folder.name}.tsv"
        path = directory / "results" / "benchmarks" / "train" / place
        path.write_text(f"s\n{seconds * count + 5}\n")


def test_costs_are_those_of_past_runs_of_the_same_shape(results, edited):
    set_seconds(results, 2.0)
    text, rows = plan(results, edited(LEARNING_RATES, "lr: [0.01, 0.03, 0.1]"), "--cores", "2")
    row = row_of(rows, "sgd-lr0.03")
    assert (row["estimated_from"], float(row["seconds"])) == ("runs of the same shape", 3 * 2 + 5)
    assert "Estimate: about 22 core-seconds; about 11 s on 2 cores, 2 runs at a time." in text
    assert "Start of a job: 5 s for each run (median of their benchmarks)" in text


def test_the_rest_of_a_run_costs_its_epochs_alone(results, edited):
    set_seconds(results, 2.0)
    _, rows = plan(results, edited("epochs: 3", "epochs: 10"))
    assert float(row_of(rows, "adam")["seconds"]) == 7 * 2 + 5


def test_a_run_that_diverged_before_is_counted_as_far_as_that(results, copied):
    set_seconds(results, 2.0)
    edit_code(copied)
    text, rows = plan(results, project=copied)
    assert float(row_of(rows, "lr1000000")["seconds"]) == 1 * 2 + 5
    assert float(row_of(rows, "adam")["seconds"]) == 3 * 2 + 5
    assert "Counted only as far as they diverged before: 2 runs." in text


def test_another_optimizer_is_gone_by_where_there_is_nothing_nearer(results, edited):
    set_seconds(results, 2.0)
    config = edited("- {name: adam, lr: 1e-3}", "- {name: adam, lr: 1e-3}\n      - {name: adagrad}")
    text, rows = plan(results, config)
    row = row_of(rows, "adagrad")
    assert row["estimated_from"] == "runs with another optimizer"
    assert float(row["seconds"]) == 3 * 2 + 5
    assert "runs with another optimizer (2 runs)" in text


def test_another_processor_is_gone_by_last_and_said_so(results, edited):
    set_seconds(results, 2.0)
    for folder in run_folders(results):
        description = json.loads((folder / "run.json").read_text())
        description["machine"]["processor"] = "abacus"
        (folder / "run.json").write_text(json.dumps(description))
    _, rows = plan(results, edited("epochs: 3", "epochs: 10"))
    assert row_of(rows, "adam")["estimated_from"] == "runs on another processor"


def test_runs_that_copied_their_files_say_nothing_about_the_start_of_a_job(results, edited):
    set_seconds(results, 2.0)
    for folder in run_folders(results):
        place = f"{folder.parent.name}/{folder.name}"
        log = results / "results" / "logs" / "train" / f"{place}.log"
        log.write_text("nothing to train: taken from somewhere\n")
    text, _ = plan(results, edited("epochs: 3", "epochs: 10"))
    assert re.search(r"Start of a job: \S+ s for each run \(a usual one, shared by a pack\)", text)


def test_an_unfinished_run_tells_what_an_epoch_takes(results):
    kept, *others = [folder for folder in run_folders(results) if "sgd-lr0.01" in str(folder)]
    leave_in_the_middle(kept)
    for folder in run_folders(results):
        shutil.rmtree(folder)
        if folder.parent.name != kept.parent.name:
            shutil.rmtree(results / "results" / "checkpoints" / folder.parent.name)
    assert others
    _, rows = plan(results)
    found = {name: row["estimated_from"] for (name, _), row in rows.items()}
    assert found[others[0].parent.name] == "runs of the same shape"
    assert set(found.values()) == {"runs of the same shape", "runs with another optimizer"}


def test_with_no_past_run_steps_are_measured_once_and_kept(tmp_path):
    text, rows = plan(tmp_path / "nothing")
    assert statuses(rows) == {"new": 8}
    assert "To train: 24 epochs in 8 runs." in text
    assert re.search(r"^Estimate: about \S+ core-seconds; about ", text, re.MULTILINE)
    assert "Estimated from some steps on made-up images here (8 runs)." in text
    kept = tmp_path / "nothing" / ".snakemake" / "lr-atlas" / "calibration.json"
    measured = json.loads(kept.read_bytes())
    kept.write_text(json.dumps(dict.fromkeys(measured, 1000.0)))
    _, rows = plan(tmp_path / "nothing")
    assert 3000 <= float(row_of(rows, "adam")["seconds"]) < 3010


def planned_from(config, tmp_path, seconds):
    """The text of a plan on one core of which each measured shape, in turn, takes such seconds."""
    atlas = load_atlas([config])
    now = Circumstances({}, None, False, "cpu", ())

    def measure(shapes):
        return dict(zip(shapes, seconds, strict=False))

    return plan_text(plan_runs(atlas, tmp_path, now, 1, measure=measure))


def test_a_sum_without_the_unknown_ones_is_called_a_lower_bound(tmp_path):
    text = planned_from(TINY, tmp_path, [100.0])
    assert re.search(r"^Estimate: at least .* core-minutes; at least ", text, re.MULTILINE)
    assert "Nothing to go by for " in text
    assert "Estimate" not in planned_from(TINY, tmp_path, [])


def test_runs_that_will_confirm_settings_are_counted(tmp_path):
    config = PROJECT / "tests" / "configs" / "confirm.yaml"
    plans = load_atlas([config]).plans
    number = number_of_fresh_runs(plans["confirmed"])
    epochs = plans["confirmed"].runs[0].epochs
    text = planned_from(config, tmp_path, [1000.0] * 10)
    # The start of each job, 3 s at most, does not show in two digits.
    seconds = 1000.0 * epochs * (sum(len(plan.runs) for plan in plans.values()) + number)
    assert number
    assert f"about {core_time_text(seconds)}; about {time_text(seconds)} on 1 core" in text


def costs_of(config, tmp_path, seconds):
    """Seconds of each run where an epoch takes so many, and nothing else was ever trained."""
    atlas, now = load_atlas([config]), Circumstances({}, None, False, "cpu", ())
    made = plan_runs(
        *(atlas, tmp_path, now, 1), measure=lambda shapes: dict.fromkeys(shapes, seconds)
    )
    start = made.totals.start_seconds
    return [each.cost.seconds - start for study in made.studies.values() for each in study]


def test_a_step_of_several_batches_is_that_part_of_an_epoch(tmp_path, edited):
    def of_twelve_steps(more):
        config = edited("epochs: 3\n    seeds: 2", f"steps: 12\n    seeds: 2{more}")
        return costs_of(config, tmp_path, 100.0)[:8]

    # The 200 images are ten batches.
    assert of_twelve_steps("") == pytest.approx([120.0] * 8)
    assert of_twelve_steps("\n    accumulate: 5") == pytest.approx([600.0] * 8)


def test_range_tests_are_counted_until_their_table_is_there(results, edited):
    set_seconds(results, 2.0)
    config = edited("    reference:\n", "    find: {steps: 30, seeds: 2}\n    reference:\n")
    said = "Range tests to make: 4, of tiny, about 24 s beside the runs"
    assert said in plan(results, config)[0]
    rates = find_rates_of(load_atlas([config]).configuration.studies["tiny"].find)
    rows = [
        f"{optimizer},{seed},{step},{rate},2.0\n"
        for optimizer in ("sgd", "adam")
        for seed in (0, 1)
        for step, rate in enumerate(rates, 1)
    ]
    table = results / "results" / "studies" / "tiny" / "range_tests.csv"
    table.write_text("optimizer,seed,step,learning_rate,loss\n" + "".join(rows))
    assert "Range tests" not in plan(results, config)[0]
    other = edited("    reference:\n", "    find: {steps: 40, seeds: 2}\n    reference:\n")
    assert "Range tests to make: 4" in plan(results, other)[0]


def test_a_run_in_epochs_and_in_as_many_steps_is_told(results, edited):
    config = edited("    epochs: 3\n    seeds: 1", "    steps: 30\n    seeds: 1")
    assert (
        "Asked for in epochs and in as many steps: 1 run, trained once for"
        in plan(results, config)[0]
    )
    config = edited("    epochs: 3\n    seeds: 1", "    steps: 31\n    seeds: 1")
    assert "as many steps" not in plan(results, config)[0]


def test_jobs_begin_as_soon_as_a_slot_is_free():
    assert wall_seconds([3, 1, 1, 1, 4], slots=2) == 7
    assert wall_seconds([], slots=2) == 0


def test_times_and_sizes_are_shown_in_the_unit_that_fits():
    assert [time_text(x) for x in (0, 0.25, 48, 89, 600, 12_345)] == [
        *("0 s", "0.25 s", "48 s", "89 s", "10 min", "3.4 h")
    ]
    assert core_time_text(600) == "10 core-minutes"
    assert [size_text(x) for x in (0, 999, 4_100, 3.2e9)] == ["0 B", "999 B", "4.1 kB", "3.2 GB"]


def test_the_processor_has_the_name_that_runs_record(built):
    description = json.loads((run_folders(built)[0] / "run.json").read_text())
    assert description["machine"]["processor"] == processor()


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "x", ""])
def test_seconds_that_cannot_be_reach_no_estimate(value, tmp_path):
    text = "epoch,train_seconds,evaluate_seconds\n1,1.0,0.5\n2,{},0.5\n"
    (tmp_path / TIMING).write_text(text.format("2.0"))
    assert row_seconds(tmp_path) == [1.5, 2.5]
    (tmp_path / TIMING).write_text(text.format(value))
    assert row_seconds(tmp_path) == []
