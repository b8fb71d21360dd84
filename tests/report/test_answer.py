"""The answer of a study is true of its tables, whatever they hold."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from page_tables import BEST, DATA, ONE_OPTIMIZER, made_up, made_up_study, page_of
from scipy import stats

from lr_atlas.report.answer import answer_of
from lr_atlas.report.study_report import study_report
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.tables.study_tables import COLUMNS

BEST_OF_SGD = "the chosen setting of SGD"


def answered(study=None, optimizers=None, pairs=None, **arguments):
    """The answer of a made-up study; optimizers, pairs: functions that change those tables."""
    study = study or made_up_study()
    plan, tables = made_up(study, **arguments)
    changed = {
        name: change(getattr(tables, name).copy())
        for name, change in (("optimizers", optimizers), ("pairs", pairs))
        if change
    }
    return answer_of(plan, study, dataclasses.replace(tables, **changed))


def paragraph(answer):
    return " ".join(answer.sentences)


def best_with(**values):
    """A change of the first row of the optimizers' table."""

    def change(table):
        for name, value in values.items():
            table[name] = table[name].astype(object)
            table.loc[0, name] = value
        return table

    return change


FRESH = {"sgd": [0.886, 0.887, 0.888, 0.887], "adam": [0.880, 0.881, 0.882, 0.881]}


def test_scores_that_are_means_of_the_last_epochs_are_said_to_be():
    study = made_up_study(score={"last": 5})
    plan, tables = made_up(study)
    tables = dataclasses.replace(tables, metric=study_metric(study, DATA))
    report = study_report(plan, study, DATA | {"transposed": False}, tables)
    mean = "mean of the last 5 epochs"
    assert f"reached the highest validation accuracy in the {mean}: a mean" in paragraph(
        report.answer
    )
    assert "Score: a run counts with the mean of its last 5 epochs" in " ".join(report.facts)
    assert f"each run's {mean}" in report.settings.note
    for table in (report.optimizers, report.main, report.pairs):
        assert f"final ({mean})" in table.note


def test_the_best_setting_is_named_with_an_interval_that_allows_for_the_choice():
    answer = answered()
    assert answer.sentences[0].startswith(f"**{BEST}** reached the highest validation accuracy")
    found = re.search(
        r"\*\*(8\d\.\d\d) %\*\* \(95 % t interval (8\d\.\d\d) to (8\d\.\d\d), n = 5 seeds; its "
        "lower end allows for the choice among 9 settings",
        answer.sentences[0],
    )
    mean, low, high = map(float, found.groups())
    assert mean - low > 1.2 * (high - mean) > 0


def test_an_optimizer_that_is_better_is_called_better_with_its_interval():
    answer = answered()
    assert answer.headline == f"{BEST} is better than the chosen setting of Adam."
    assert "is **better than** Adam's chosen setting (learning rate 0.001: 8" in paragraph(answer)
    assert "95 % interval +0." in paragraph(answer)
    assert "for all comparisons of the study together, Welch's t, n = 5 each" in paragraph(answer)


def test_without_fresh_seeds_the_answer_says_how_often_an_ordinary_test_would_be_wrong():
    assert re.search(
        r"picked from 6 and 3 an ordinary test .* by mistake in [12] % of", paragraph(answered())
    )
    twenty = [float(rate) for rate in np.geomspace(1e-3, 1, 20).round(6)]
    study = made_up_study(optimizers=[{"name": "sgd", "lr": twenty}, {"name": "adam"}], seeds=6)
    found = re.search(r"by mistake in (\d+) % of studies", paragraph(answered(study)))
    assert 11 <= int(found.group(1)) <= 20
    assert "between settings picked from 20 and 1 an ordinary test" in paragraph(answered(study))
    assert "ordinary test" not in paragraph(answered(fresh=FRESH))


def test_fresh_seeds_decide_and_have_students_interval():
    answer = answered(fresh=FRESH)
    assert answer.headline == f"{BEST} is better than the chosen setting of Adam."
    interval = stats.t.interval(0.95, 3, 88.7, stats.sem(100 * np.array(FRESH["sgd"])))
    assert answer.sentences[0] == (
        f"**{BEST}** is best on the test images with fresh seeds, which had no part in the choice: "
        f"a mean of **88.70 %** (95 % t interval {interval[0]:.2f} to {interval[1]:.2f}, n = 4 "
        "seeds)."
    )
    assert "Adam's chosen setting (learning rate 0.001: 88.10 %): +0.60 points" in paragraph(answer)
    assert "It was chosen by 85." in paragraph(answer)


def test_fresh_seeds_may_turn_the_answer_round():
    answer = answered(fresh={"sgd": FRESH["adam"], "adam": FRESH["sgd"]})
    assert answer.headline == f"Adam with learning rate 0.001 is better than {BEST_OF_SGD}."
    assert "SGD" not in answer.sentences[0]


def test_confirming_runs_that_diverged_are_named():
    answer = answered(fresh=FRESH | {"adam": [*FRESH["adam"][:3], np.nan]})
    assert any(
        "1 of the 4 confirming runs of Adam, which counts as 10 %" in caution
        for caution in answer.cautions
    )
    own = answered(fresh={"sgd": [*[0.99, 0.991] * 3, 0.99, np.nan], "adam": [0.8, 0.81] * 3})
    assert "; 1 of these 8 diverged and counts as guessing" in paragraph(own)


def test_confirming_runs_that_are_missing_are_named():
    study = made_up_study(confirm=4)
    assert not any("confirming runs" in each for each in answered(study, fresh=FRESH).cautions)
    lacking = answered(study, fresh=FRESH | {"adam": FRESH["adam"][:2]})
    assert (
        "**Not complete:** of the 4 confirming runs of each optimizer are missing: 2 of Adam."
        in (lacking.cautions)
    )
    assert "n = 2 and 4" in paragraph(lacking)
    none = answered(study, fresh={"sgd": FRESH["sgd"]})
    assert "Too many confirming runs are missing for these to decide" in paragraph(none)


def test_the_kernel_of_the_matrix_products_stands_where_verdicts_stand():
    assert any("openblas 0.3.30" in caution for caution in answered().cautions)
    pairs = page_of().partition('<section id="pairs">')[2].partition("</section>")[0]
    assert "matrix products by openblas 0.3.30" in pairs


def test_a_difference_within_the_noise_is_inconclusive():
    answer = answered(gain={"adam": 0.006})
    assert "is inconclusive" in answer.headline
    assert "Adam's chosen setting" in paragraph(answer)
    assert "is **inconclusive**" in paragraph(answer)


def against_best(**values):
    """Return a function that changes the second optimizer's row of the ranking."""

    def change(optimizers):
        for name, value in values.items():
            optimizers.loc[1, name] = value
        return optimizers

    return change


def test_what_is_inconclusive_has_an_interval_that_holds_0_and_what_so_many_runs_can_show():
    answer = answered(gain={"adam": 0.006})
    found = re.search(
        r"95 % interval \N{MINUS SIGN}0\.\d\d to \+0\.\d\d .* so many runs find a difference of "
        r"0\.\d\d points or more in four of five studies",
        paragraph(answer),
    )
    assert found
    assert "just as inconclusive" not in paragraph(answer)


def test_of_several_optimizers_those_that_are_behind_and_those_that_are_not_are_told_apart():
    study = made_up_study(
        optimizers=[
            {"name": "sgd", "lr": [0.1, 1.0]},
            {"name": "adam", "lr": [0.001, 0.01]},
            {"name": "rmsprop", "lr": [0.001, 0.01]},
        ]
    )
    answer = answered(study, gain={"adam": 0.005})
    assert answer.headline == (
        "SGD with learning rate 0.1 is better than the chosen setting of RMSprop; whether it beats "
        "the chosen setting of Adam is inconclusive."
    )


def test_with_three_optimizers_each_other_one_has_its_verdict():
    study = made_up_study(
        optimizers=[
            {"name": "sgd", "lr": [0.1, 1.0]},
            {"name": "adam", "lr": [0.001, 0.01]},
            {"name": "rmsprop", "lr": [0.001, 0.01]},
        ]
    )
    answer = answered(study)
    assert answer.headline.endswith("is better than the chosen settings of Adam and RMSprop.")
    assert re.search(
        r"Against the best of all, RMSprop \(\N{MINUS SIGN}\d\.\d\d points, [^;]*\) is worse\.",
        paragraph(answer),
    )
    near = answered(study, gain={"adam": 0.005, "rmsprop": 0.0199})
    assert re.search(
        r"Against the best of all, \w+ \(.* points, \N{MINUS SIGN}\d\.\d\d to \+\d\.\d\d; "
        r"so many runs find \d\.\d\d points or more\) is inconclusive too\.",
        paragraph(near),
    )


def test_with_one_seed_nothing_is_called_sure():
    answer = answered(made_up_study(seeds=1))
    assert "in a single run, so how much of it is chance is not known" in paragraph(answer)
    assert "with one run of one of them the difference" in paragraph(answer)
    assert "has no interval" in paragraph(answer)
    assert "**not determined with 1 seed**" in paragraph(answer)
    assert "95 %" not in paragraph(answer)
    assert "nan" not in paragraph(answer).lower()


def test_with_one_optimizer_there_is_no_better_optimizer():
    answer = answered(made_up_study(optimizers=ONE_OPTIMIZER))
    assert answer.headline == "SGD with learning rate 0.1 did best."
    assert "No other optimizer was tried." in paragraph(answer)


def test_with_one_optimizer_fresh_seeds_test_its_setting():
    answer = answered(made_up_study(optimizers=ONE_OPTIMIZER), fresh={"sgd": FRESH["sgd"]})
    assert answer.sentences[0].startswith(
        "**SGD with learning rate 0.1** was chosen, and tested on the test images with fresh "
        "seeds, which had no part in the choice: a mean of **88.70 %**"
    )


def test_with_one_learning_rate_nothing_is_said_about_how_much_it_matters():
    answer = answered(made_up_study(optimizers=[{"name": "sgd"}, {"name": "adam"}]))
    assert "Adam was run at one learning rate" in paragraph(answer)
    assert "plateau" not in paragraph(answer)
    assert not any("a better one may lie" in caution for caution in answer.cautions)


def test_how_much_the_learning_rate_matters_is_told_at_fixed_and_at_tuned_parameters():
    text = paragraph(answered())
    assert re.search(
        r"Over 3 learning rates of SGD, with momentum 0\.9 as in the best setting, accuracy "
        r"differs by up to \*\*(1\.\d\d|2\.\d\d) points\*\*",
        text,
    )
    assert "tuned anew" not in text  # 0.9 is best at each rate
    text = paragraph(answered(optimizers=best_with(spread_tuned=0.0005)))
    assert (
        "With SGD's other arguments tuned anew at each of 3 rates it differs by **0.05 points**."
        in text
    )
    wide = best_with(spread_widest=0.0234, widest_setting="sgd-lr0.01")
    assert "(by up to **2.34** with other parameters: momentum 0)" in paragraph(
        answered(optimizers=wide)
    )
    alone = paragraph(answered(made_up_study(optimizers=ONE_OPTIMIZER)))
    assert re.search(r"Over 3 learning rates of SGD accuracy differs by up to", alone)
    assert "tuned anew" not in alone
    other_epochs = [{"name": "sgd", "lr": 0.1}, {"name": "sgd", "lr": 0.01, "epochs": 5}]
    text = paragraph(answered(made_up_study(optimizers=other_epochs)))
    assert "how much the rate alone matters is not known" in text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"plateau_from": 0.01, "plateau_to": 0.1, "plateau_decades": 1.0},
            "Its plateau, the rates shown to be within 1 point of the best, reaches from 0.01 to "
            "0.1 (**1.0 decades**).",
        ),
        (
            {
                "plateau_from": 0.01,
                "plateau_to": 0.1,
                "plateau_decades": 1.0,
                "plateau_open": "low",
            },
            "(**1.0 decades**); whether it goes on below is not determined with 5 seeds.",
        ),
        (
            {"plateau_from": 0.01, "plateau_to": 1, "plateau_decades": 2, "plateau_cut": "high"},
            "(**2.0 decades**); the grid ends there, so it may go on above.",
        ),
        ({"plateau_from": 0.1, "plateau_to": 0.1}, "No neighbouring rate of its grid is within"),
        ({"plateau_from": np.nan}, "is **not determined with 5 seeds**."),
    ],
)
def test_a_plateau_says_its_margin_and_what_is_not_determined(values, said):
    assert said in paragraph(
        answered(optimizers=best_with(**{"plateau_open": "", "plateau_cut": "", **values}))
    )


def test_if_every_run_diverged_there_is_no_answer():
    study = made_up_study(optimizers=ONE_OPTIMIZER)
    settings = ("sgd-lr0.01", "sgd-lr0.1", "sgd-lr1")
    answer = answered(study, ends=dict.fromkeys(settings, "diverged"))
    assert answer.headline == "No answer: every run diverged (15 runs of 3 settings)."
    assert answer.sentences == ()


def test_if_the_other_optimizer_diverged_altogether_it_says_so():
    settings = ("adam-lr0.0001", "adam-lr0.001", "adam-lr0.01")
    answer = answered(ends=dict.fromkeys(settings, "diverged"))
    assert "Of the other optimizers every run diverged." in paragraph(answer)
    assert answer.headline == f"{BEST} did best."


def test_where_runs_diverged_the_difference_over_rates_counts_them_as_guessing():
    study = made_up_study(optimizers=ONE_OPTIMIZER)
    answer = answered(study, ends={"sgd-lr1": "diverged"})
    assert re.search(
        r"up to \*\*7\d\.\d\d points\*\*, a diverged run counting as 10 %", paragraph(answer)
    )


def test_if_even_the_best_collapsed_nothing_learned():
    study = made_up_study(optimizers=[{"name": "sgd", "lr": [0.1]}])
    answer = answered(study, ends={"sgd-lr0.1": "collapsed", "sgd": "collapsed"})
    assert answer.headline.startswith("No setting learned: even the best")
    assert "10.00 %" in answer.headline


def test_half_of_the_runs_missing_is_said_before_all_else():
    answer = answered(missing=range(0, 45, 2))
    assert answer.cautions[0].startswith("**Not complete:** 23 of the 45 runs are missing")
    assert "nan" not in paragraph(answer).lower()


def test_optimizers_with_one_run_each_are_inconclusive():
    study = made_up_study(seeds=2, optimizers=[{"name": "sgd"}, {"name": "adam"}])
    answer = answered(study, missing=[0, 3])
    assert "with one run of one of them" in paragraph(answer)
    assert "inconclusive" in answer.headline


def test_chosen_on_the_test_set_is_said_and_no_test_result_pretends_otherwise():
    tested = best_with(test_n=3, test_accuracy_mean=0.88, test_accuracy_low=0.87, confirmed=False)
    answer = answered(made_up_study(validation="test"), optimizers=tested)
    assert any(caution.startswith("**Chosen on the test set:**") for caution in answer.cautions)
    assert "test images" not in paragraph(answer)
    answer = answered(made_up_study(validation="test"), fresh=FRESH)
    assert "is best on the same images, but with fresh seeds, which" in paragraph(answer)


@pytest.mark.parametrize(
    ("confirmed", "which"),
    [(True, "fresh seeds, with no part in the choice"), (False, "the runs it was chosen by")],
)
def test_the_test_result_says_which_runs_it_is_from(confirmed, which):
    tested = best_with(
        test_n=5,
        test_diverged=0,
        test_accuracy_mean=0.8812,
        test_accuracy_low=0.88,
        test_accuracy_high=0.883,
        confirmed=confirmed,
    )
    text = paragraph(answered(optimizers=tested))
    interval = "95 % t interval 88.00 to 88.30, n = 5 seeds"
    assert (
        f"On the test images the chosen setting reaches **88.12 %** ({interval}: {which})." in text
    )


def test_unequal_budgets_and_the_edge_of_the_grid_are_cautions():
    answer = answered(optimizers=best_with(at_edge="high", best_learning_rate=1.0))
    assert any("1 is the highest learning rate" in caution for caution in answer.cautions)
    assert any("different numbers of settings and epochs" in caution for caution in answer.cautions)
    equal = made_up_study(optimizers=[{"name": "sgd", "lr": [0.1, 1]}, {"name": "adam"}])
    assert any("Unequal" in caution for caution in answered(equal).cautions)
    equal = made_up_study(optimizers=[{"name": "sgd"}, {"name": "adam"}])
    assert not any("Unequal" in caution for caution in answered(equal).cautions)


def test_a_higher_mean_of_survivors_is_not_hidden():
    study = made_up_study(seeds=2, optimizers=ONE_OPTIMIZER)
    plan, tables = made_up(study)
    summary = tables.summary.copy()
    summary.loc[summary["setting"] == "sgd-lr1", "diverged"] = 1
    summary.loc[summary["setting"] == "sgd-lr1", "validation_accuracy_mean"] = 0.95
    answer = answer_of(plan, study, dataclasses.replace(tables, summary=summary))
    assert any(
        "SGD with learning rate 1 has a higher mean over the runs that were left (95.00 %), but 1 "
        "of its 2 diverged, which counts as 10 % each." in caution
        for caution in answer.cautions
    )


def test_without_an_analysis_there_is_nothing_to_answer_from():
    plan, tables = made_up(made_up_study())
    empty = dataclasses.replace(tables, optimizers=pd.DataFrame(columns=COLUMNS["optimizers"]))
    assert "nothing to answer from" in answer_of(plan, made_up_study(), empty).headline
