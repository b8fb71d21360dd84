"""Runs of others told apart, their evaluations in order, and how each ended."""

import numpy as np
import pytest
from foreign_tables import curves, imported, imported_of, lines

from lr_atlas.common.errors import UserError

NAMES = "optimizer,lr,seed,epoch,val_loss"


def rows(*values, optimizer="adam", rate=0.1, seed=0):
    """Lines of one run: (epoch, loss) each."""
    return [f"{optimizer},{rate},{seed},{epoch},{loss}" for epoch, loss in values]


def test_runs_without_seeds_are_replicates_in_their_order(tmp_path):
    after_each_other = lines(
        "optimizer,lr,epoch,val_loss",
        *(f"adam,0.1,{e},{e + r / 10}" for r in (1, 2) for e in (1, 2)),
    )
    by_turns = lines(
        "optimizer,lr,epoch,val_loss",
        *(f"adam,0.1,{e},{e + r / 10}" for e in (1, 2) for r in (1, 2)),
    )
    for text in (after_each_other, by_turns):
        found = imported(tmp_path, text)
        assert curves(found, "validation_loss") == {
            "adam-lr0.1-seed0": [1.1, 2.1],
            "adam-lr0.1-seed1": [1.2, 2.2],
        }
        assert "seeds" in found.unknown
        assert any("replicates" in note for note in found.notes)


def test_a_number_of_a_replicate_in_the_place_of_names_of_runs_tells_settings_apart_too(tmp_path):
    text = lines(
        "optimizer,lr,run,epoch,val_loss",
        *(
            f"adam,{rate},{run},{epoch},{rate + run}"
            for rate in (0.1, 0.2)
            for run in (1, 2)
            for epoch in (1, 2)
        ),
    )
    found = imported(tmp_path, text)
    assert found.runs["setting"].tolist() == ["adam-lr0.1"] * 2 + ["adam-lr0.2"] * 2
    assert found.runs["run"].is_unique


def test_each_file_is_a_run_of_its_own(tmp_path):
    text = lines("epoch,val_loss", "1,0.5", "2,0.4")
    found = imported_of(tmp_path, {"a.csv": text, "b.csv": text})
    assert found.runs["seed"].tolist() == [0, 1]
    assert found.runs["optimizer"].tolist() == ["unknown"] * 2


def test_seeds_that_are_no_numbers_pair_the_same_runs(tmp_path):
    text = lines("optimizer,lr,seed,val_loss", "adam,0.1,b,1", "adam,0.1,a,2", "sgd,0.1,a,3")
    found = imported(tmp_path, text)
    assert found.runs[["optimizer", "seed", "validation_loss"]].to_numpy().tolist() == [
        ["adam", 0, 2],
        ["adam", 1, 1],
        ["sgd", 0, 3],
    ]


def test_a_rate_that_a_schedule_changes_is_none_of_the_run(tmp_path):
    text = lines(
        "optimizer,lr,seed,epoch,val_loss", "adam,0.1,0,1,3", "adam,0.01,0,2,2", "adam,0.001,0,3,1"
    )
    found = imported(tmp_path, text)
    assert len(found.runs) == 1
    assert "learning_rate" in found.unknown
    assert any("schedule" in note for note in found.notes)
    with pytest.raises(UserError, match=r"line 3: learning_rate becomes 0.01 within a run"):
        imported(tmp_path, text, learning_rate="lr")


def test_a_number_in_full_and_rounded_is_one_setting(tmp_path):
    rates = (0.002511886431509582, 0.0025118864315, 0.00252)
    text = lines(NAMES, *(rows((1, 0.5), rate=each, seed=n)[0] for n, each in enumerate(rates)))
    found = imported(tmp_path, text)
    assert found.runs["learning_rate"].tolist() == [0.0025118864315] * 2 + [0.00252]
    assert found.runs["setting"].nunique() == 2


def test_rows_that_are_there_twice_are_taken_once(tmp_path):
    text = lines(NAMES, *rows((1, 3), (2, 2), (2, 2), (3, 1)), *rows((1, 3), (2, 2)))
    found = imported(tmp_path, text)
    assert curves(found, "validation_loss") == {"adam-lr0.1-seed0": [3, 2, 1]}
    assert any("line 4, 6, 7: the same row again" in note for note in found.notes)


def test_a_restarted_run_counts_from_where_it_went_back_to(tmp_path):
    text = lines(NAMES, *rows((1, 9), (2, 8), (3, 7), (4, 6)), *rows((3, 5), (4, 4), (5, 3)))
    found = imported(tmp_path, text)
    assert curves(found, "validation_loss") == {"adam-lr0.1-seed0": [9, 8, 5, 4, 3]}
    assert any("line 4, 5: the run went back" in note for note in found.notes)
    shorter = lines(NAMES, *rows((1, 9), (2, 8), (3, 7), (4, 6)), *rows((2, 5), (3, 4)))
    assert curves(imported(tmp_path, shorter), "validation_loss") == {"adam-lr0.1-seed0": [9, 5, 4]}


def test_rows_in_any_order_are_sorted(tmp_path):
    text = lines(NAMES, *rows((3, 1), (1, 3), (2, 2)))
    assert curves(imported(tmp_path, text), "validation_loss") == {"adam-lr0.1-seed0": [3, 2, 1]}


@pytest.mark.parametrize("lost", ["nan", "NaN", "inf", "-inf", "1.#QNAN", "∞"])
def test_a_run_whose_last_values_are_no_numbers_has_diverged(tmp_path, lost):
    text = lines(NAMES, *rows((1, 3), (2, 2), (3, lost), (4, lost)), *rows((1, 1), seed=1))
    found = imported(tmp_path, text)
    assert found.runs["status"].tolist() == ["diverged", "finished"]
    assert found.runs["diverged_epoch"].iloc[0] == 3
    assert "from epoch 3 on" in found.runs["reason"].iloc[0]
    assert found.runs["epochs_completed"].tolist() == [2, 1]
    assert found.epochs["validation_loss"].tolist() == [3, 2, 1]
    assert "divergence" not in found.unknown


def test_a_cell_left_empty_at_the_end_of_a_curve_is_no_number_either(tmp_path):
    text = lines(NAMES, *rows((1, 3), (2, 2), (3, "")), *rows((1, 3), (2, 2), (3, 1), seed=1))
    found = imported(tmp_path, text)
    assert found.runs["status"].tolist() == ["diverged", "finished"]
    assert any("line 4: val_loss is empty at the end" in note for note in found.notes)


def test_cells_are_empty_where_another_metric_was_logged(tmp_path):
    text = lines(
        "optimizer,lr,seed,epoch,train_loss,val_loss",
        *("adam,0.1,0,1,5,", "adam,0.1,0,1,,4", "adam,0.1,0,2,3,", "adam,0.1,0,2,,2"),
        "adam,0.1,0,3,1,",
    )
    found = imported(tmp_path, text)
    assert found.runs["status"].tolist() == ["finished"]
    assert found.epochs[["train_loss", "validation_loss"]].to_numpy().tolist() == [[5, 4], [3, 2]]


def test_a_value_that_is_lost_on_the_way_is_left_out(tmp_path):
    text = lines(NAMES, *rows((1, 3), (2, "nan"), (3, 1)))
    found = imported(tmp_path, text)
    assert found.runs["status"].tolist() == ["finished"]
    assert found.epochs["epoch"].tolist() == [1, 3]
    assert any("line 3" in note and "went on" in note for note in found.notes)


def test_a_status_of_a_tracker_is_understood_and_another_word_is_named(tmp_path):
    text = lines(
        "optimizer,lr,seed,state,val_loss",
        "adam,0.1,0,FINISHED,1",
        "adam,0.1,1,crashed,9",
        "adam,0.1,2,diverged,5",
        "adam,0.1,3,failed,",
    )
    found = imported(tmp_path, text)
    assert found.runs["status"].tolist() == ["finished", "finished", "diverged"]
    assert any("2 runs did not finish (1 crashed, 1 failed)" in note for note in found.notes)
    assert any("line 5: 1 run without any value" in note for note in found.notes)
    with pytest.raises(UserError, match=r"line 3: the status is 'crushed'"):
        imported(tmp_path, text.replace("crashed", "crushed"))


def test_runs_that_stopped_early_are_named(tmp_path):
    text = lines(NAMES, *rows((1, 3), (2, 2), (3, 1)), *rows((1, 3), (2, 2), seed=1))
    found = imported(tmp_path, text)
    assert found.runs["epochs_completed"].tolist() == [3, 2]
    assert any("adam-lr0.1-seed1" in note and "ended before" in note for note in found.notes)


def test_seconds_may_be_of_each_row_or_since_the_start(tmp_path):
    since = lines(
        NAMES + ",took",
        *(
            f"{row},{took}"
            for row, took in zip(rows((1, 3), (2, 2), (3, 1)), (10, 21, 30), strict=True)
        ),
    )
    each = since.replace(",21", ",11").replace(",30", ",9")
    for text in (since, each):
        found = imported(tmp_path, text, seconds="took")
        assert found.epochs["train_seconds"].tolist() == [10, 11, 9]
        assert found.runs["seconds_per_epoch"].tolist() == [10]
    assert np.isnan(imported(tmp_path, each).runs["seconds_per_epoch"]).all()


def test_evaluations_within_epochs_stand_at_their_steps(tmp_path):
    text = lines(
        "optimizer,lr,seed,epoch,step,val_loss",
        *(
            f"adam,0.1,0,{epoch},{step},{1 / step}"
            for epoch, step in ((0.5, 5), (1, 10), (1.5, 15))
        ),
    )
    found = imported(tmp_path, text)
    assert found.by_steps
    assert found.epochs["epoch"].tolist() == [0.5, 1, 1.5]
    assert found.runs["steps_completed"].tolist() == [15]
    assert "epochs" not in found.unknown


def test_a_second_run_with_the_same_seed_is_named(tmp_path):
    text = lines("optimizer,lr,seed,run,val_loss", "adam,0.1,0,a,1", "adam,0.1,0,b,2")
    with pytest.raises(
        UserError, match=r"line 3: a second run of the setting adam-lr0.1 with seed 0"
    ):
        imported(tmp_path, text)
    assert imported(tmp_path, text, ignore=("seed",)).runs["seed"].tolist() == [0, 1]


def test_two_values_at_each_place_of_a_run_are_refused(tmp_path):
    text = lines(NAMES, *rows((1, 9), (1, 8), (2, 7), (2, 6), (3, 5), (3, 4)))
    with pytest.raises(UserError, match=r"line 3: a second value of val_loss at the same place"):
        imported(tmp_path, text)
