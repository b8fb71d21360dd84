"""Choices are made on validation images alone; test images are read once, for what was chosen."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from test_failures import Broken
from whole_runs import (
    PROJECT,
    executed,
    output,
    plan,
    planned,
    run_folders,
    snakemake,
    statuses,
    trained,
)

from lr_atlas.analysis.choice import choose, select_settings
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.fresh_seeds import confirmation_seeds

CONFIG = PROJECT / "tests" / "configs" / "confirm.yaml"
TESTED = [f"results/studies/{study}/test.csv" for study in ("confirmed", "on-test")]
FRESH = (1_000_000, 1_000_001)


PACKED = ("--set-resources", "train_pack:runs_per_job=4")


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory):
    """A folder with the results of the studies of confirm.yaml, and the finished process.

    Several runs share a job, so that not each waits for Python and torch to start.
    """
    directory = tmp_path_factory.mktemp("confirmed")
    process = snakemake(*TESTED, *PACKED, directory=directory, config=CONFIG)
    output(process)
    return directory, process


def table(directory, study, name):
    return pd.read_csv(directory / "results" / "studies" / study / name)


def selection(directory, study):
    path = directory / "results" / "studies" / study / "selection.json"
    return json.loads(path.read_text())


def jobs_with_inputs(text):
    """[(rule, its inputs)] of all jobs that a dry run lists."""
    blocks = re.split(r"\n\[[^\]]+\]\n", text)
    found = [re.search(r"^(?:local)?(?:rule|checkpoint) (\w+):\n", block) for block in blocks]
    return [
        (match[1], "".join(re.findall(r"^    input: (.*)$", block, re.MULTILINE)))
        for match, block in zip(found, blocks, strict=True)
        if match
    ]


def test_only_evaluate_reads_the_test_images_of_a_study_that_holds_images_out(tmp_path):
    text = output(snakemake("--dry-run", TESTED[0], directory=tmp_path, config=CONFIG))
    found = jobs_with_inputs(text)
    assert {rule for rule, inputs in found if "train.npz" in inputs} >= {"train"}
    assert {rule for rule, inputs in found if "test.npz" in inputs} == {"evaluate"}
    evaluate = next(inputs for rule, inputs in found if rule == "evaluate")
    assert "selection.json" in evaluate


def test_training_needs_no_test_images_where_images_are_held_out(confirmed, tmp_path):
    directory = shutil.copytree(confirmed[0], tmp_path / "copy")
    (test,) = directory.glob("results/data/*/test.npz")
    test.unlink()
    for name in ("runs", "checkpoints"):
        for run in (directory / "results" / name).glob("*-sgd-lr0.001-*"):
            shutil.rmtree(run)
    shutil.rmtree(directory / "results" / "studies")
    target = "results/studies/confirmed/selection.json"
    process = snakemake(target, directory=directory, config=CONFIG)
    assert executed(process) == {"train": 2, "collect": 1, "select": 1}
    assert not test.exists()


def test_the_test_result_comes_from_fresh_seeds_of_the_chosen_settings(confirmed):
    directory, process = confirmed
    rows = selection(directory, "confirmed")["optimizers"]
    chosen = {row["optimizer"]: row["setting"] for row in rows}
    test = table(directory, "confirmed", "test.csv")
    assert test["confirmation"].all()
    assert dict(zip(test["optimizer"], test["setting"], strict=True)) == chosen
    assert test.groupby("setting")["seed"].apply(tuple).tolist() == [FRESH, FRESH]
    names = {folder.parent.name for folder in run_folders(directory)}
    assert sum("seed1000000-" in name for name in names) == len(chosen)
    assert set(test["run"]) <= names
    assert "Updating checkpoint dependencies" in output(process)


def test_without_confirmation_the_runs_that_were_chosen_are_tested(confirmed):
    test = table(confirmed[0], "on-test", "test.csv")
    assert test["seed"].tolist() == [0, 1]
    assert not test["confirmation"].any()


def test_the_test_result_is_what_training_measured_on_the_same_images(confirmed):
    test = table(confirmed[0], "on-test", "test.csv")
    runs = table(confirmed[0], "on-test", "runs.csv")
    assert test["test_accuracy"].tolist() == runs["validation_accuracy"].tolist()
    np.testing.assert_allclose(test["test_loss"], runs["validation_loss"], rtol=1e-5)


def test_the_selection_says_on_which_images_it_was_made(confirmed):
    assert selection(confirmed[0], "confirmed")["chosen_on"] == "held-out images"
    assert selection(confirmed[0], "on-test")["chosen_on"] == "test images"


def test_the_confusion_matrix_counts_every_test_image_of_every_run(confirmed):
    confusion = table(confirmed[0], "confirmed", "confusion.csv")
    test = table(confirmed[0], "confirmed", "test.csv")
    assert len(confusion) == 100 * test["setting"].nunique()
    for setting, cells in confusion.groupby("setting"):
        accuracy = cells.loc[cells["label"] == cells["predicted"], "images"].sum()
        accuracy /= cells["images"].sum()
        assert accuracy == pytest.approx(test[test["setting"] == setting]["test_accuracy"].mean())


def test_mistakes_are_wrong_and_the_surest_come_first(confirmed):
    path = confirmed[0] / "results" / "studies" / "confirmed" / "mistakes.npz"
    with np.load(path) as found:
        assert found["images"].shape == (20, 784)
        assert (found["labels"] != found["predicted"]).all()
        assert (np.diff(found["probability"]) <= 0).all()
        assert (
            str(found["setting"])
            == selection(confirmed[0], "confirmed")["optimizers"][0]["setting"]
        )


def test_once_confirmed_nothing_is_to_be_done(confirmed):
    assert planned(snakemake("--dry-run", *TESTED, directory=confirmed[0], config=CONFIG)) == {}


def test_a_better_setting_is_confirmed_and_nothing_else_is_trained(confirmed, tmp_path):
    directory = shutil.copytree(confirmed[0], tmp_path / "copy")
    text = CONFIG.read_text().replace("../data", str(PROJECT / "tests" / "data"))
    config = tmp_path / "more.yaml"
    config.write_text(text.replace("lr: [0.001, 0.05]", "lr: [0.001, 0.05, 0.2]"))
    process = snakemake("results/studies/confirmed/test.csv", directory=directory, config=config)
    (best,) = [
        row["setting"]
        for row in selection(directory, "confirmed")["optimizers"]
        if row["optimizer"] == "sgd"
    ]
    assert best == "sgd-lr0.2"
    assert all("sgd-lr0.2" in name for name in trained(process))
    assert executed(process)["train"] == 2 + len(FRESH)


def test_fresh_seeds_are_none_of_the_studys_and_stay_when_it_gets_more():
    study = load_atlas([CONFIG]).configuration.studies["confirmed"]
    assert confirmation_seeds(study) == list(FRESH)
    more = study.model_copy(update={"seeds": [*range(10), FRESH[0]]})
    assert confirmation_seeds(more) == [1_000_001, 1_000_002]


def runs_table(**accuracies):
    """Runs of settings such as sgd_1=[0.5, None], where None is a run that diverged."""
    rows = [
        {
            "optimizer": setting.partition("_")[0],
            "setting": setting,
            "learning_rate": 0.1,
            "seed": seed,
            "status": "diverged" if accuracy is None else "finished",
            "validation_accuracy": accuracy,
            **{"chance": 0.1, "images": "a b"},
        }
        for setting, values in accuracies.items()
        for seed, accuracy in enumerate(values)
    ]
    return pd.DataFrame(rows).astype({"validation_accuracy": float})


def test_the_best_mean_is_chosen_for_each_optimizer_and_the_best_comes_first():
    runs = runs_table(sgd_1=[0.5, 0.6], sgd_2=[0.7, 0.6], adam_1=[0.9, 0.8])
    assert choose(runs)["setting"].tolist() == ["adam_1", "sgd_2"]
    assert choose(runs)["validation_accuracy"].tolist() == pytest.approx([0.85, 0.65])


def test_a_diverged_run_counts_as_guessing_where_a_setting_is_chosen():
    runs = runs_table(sgd_1=[0.5, 0.6], sgd_2=[0.9, None], adam_1=[0.4, None])
    chosen = choose(runs).set_index("optimizer")
    assert chosen["setting"].to_dict() == {"sgd": "sgd_1", "adam": "adam_1"}
    assert chosen["diverged"].to_dict() == {"sgd": 0, "adam": 1}


def test_an_optimizer_of_which_every_run_diverged_is_not_tested():
    plan = load_atlas([CONFIG]).plans["on-test"]
    runs = runs_table(sgd_1=[None, None], adam_1=[0.4, 0.5])
    epochs = runs[runs["setting"] == "adam_1"].assign(epoch=1)
    chosen = select_settings(plan, "test", epochs, runs)
    assert [row["optimizer"] for row in chosen["optimizers"]] == ["adam"]
    nothing = select_settings(plan, "test", epochs[:0], runs_table(sgd_1=[None]))
    assert nothing["optimizers"] == []


def test_a_confirmation_that_fails_is_left_out_until_it_is_made(confirmed, tmp_path):
    directory = shutil.copytree(confirmed[0], tmp_path / "copy")
    whole = (directory / TESTED[0]).read_bytes()
    (directory / TESTED[0]).unlink()
    broken = Broken(directory, "seed1000001")
    process = snakemake(TESTED[0], directory=directory, config=CONFIG)
    assert process.returncode == 1
    assert table(directory, "confirmed", "test.csv")["seed"].tolist() == [FRESH[0]] * 2
    broken.repair()
    process = snakemake(TESTED[0], directory=directory, config=CONFIG)
    assert executed(process) == {"train": 2, "evaluate": 1}
    assert (directory / TESTED[0]).read_bytes() == whole


def test_runs_that_confirm_are_packed_as_others_are(confirmed, tmp_path):
    done = executed(confirmed[1])
    assert done["train"] == 8 + 2 * len(FRESH) + 2
    assert done["train_pack"] >= 5  # two of them for the settings that are confirmed
    # Each in a job of its own, they give the same.
    directory = shutil.copytree(confirmed[0], tmp_path / "copy")
    for name in ("runs", "checkpoints"):
        for run in (directory / "results" / name).glob("*-seed1000000-*"):
            shutil.rmtree(run)
    (directory / TESTED[0]).unlink()
    process = snakemake(TESTED[0], directory=directory, config=CONFIG)
    assert executed(process) == {"train": 2, "evaluate": 1}
    assert (directory / TESTED[0]).read_bytes() == (confirmed[0] / TESTED[0]).read_bytes()


def test_the_plan_counts_the_runs_that_will_confirm_and_then_knows_them(confirmed, tmp_path):
    text, rows = plan(tmp_path / "nothing yet", CONFIG)
    assert "Then 4 runs on fresh seeds, of the settings of confirmed" in text
    assert len(rows) == 10
    text, rows = plan(confirmed[0], CONFIG)
    assert "fresh seeds" not in text
    assert statuses(rows) == {"cached": 10 + 4}
