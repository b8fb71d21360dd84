"""What a study's page says: the answer is true of the tables, whatever they hold."""

import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest
from page_tables import AT_ONCE, DATA, claims, findings, made_up, made_up_study
from scipy import stats

from lr_atlas.config.study_models import Study
from lr_atlas.report.answer import answer_of, setting_labels
from lr_atlas.report.citation import bibtex, project_version, results_fingerprint, study_yaml
from lr_atlas.report.curve_data import curve_data, script_json
from lr_atlas.report.images import Image, read_curves, read_images, slim, svg_uri
from lr_atlas.report.number_text import points
from lr_atlas.report.page import study_page
from lr_atlas.report.sections import findings_for_reading, ranking_for_reading
from lr_atlas.report.study_report import best_first, study_report
from lr_atlas.report.summary import study_markdown
from lr_atlas.report.templates import emphasis
from lr_atlas.tables.study_tables import ANSWERS, COLUMNS, REPORT, read_table, read_tables

BEST = "SGD with learning rate 0.1 and momentum 0.9"
BEST_OF_SGD = "the chosen setting of SGD"
ONE_OPTIMIZER = [{"name": "sgd", "lr": [0.01, 0.1, 1.0]}]


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
    assert "the runs that chose; the intervals allow for that." in paragraph(answered())
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


def test_a_difference_within_the_noise_is_inconclusive():
    answer = answered(gain={"adam": 0.006})
    assert "is inconclusive" in answer.headline
    assert "Adam's chosen setting" in paragraph(answer)
    assert "is **inconclusive**" in paragraph(answer)


def against_best(**values):
    """What changes the second optimizer's row of the ranking."""

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
        r"Against the best of all, RMSprop \(\N{MINUS SIGN}\d\.\d\d points, .*\) is worse\.",
        paragraph(answer),
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


def page_from(plan, study, tables, **more):
    curves = curve_data(tables.epochs, tables.runs)
    return study_page(study_report(plan, study, DATA, tables), curves, **more)


def page_of(study=None, verification=None, images=(), change=lambda tables: tables, **arguments):
    study = study or made_up_study()
    plan, tables = made_up(study, **arguments)
    page = page_from(
        *(plan, study, change(tables)),
        images=images,
        verification=verification,
        version="1.2.3",
        stamp="code-abc",
    )
    library = page.index("<script>")
    return page[:library] + page[page.index("Tables that sort", library) :]


def test_the_same_tables_give_the_same_page():
    assert page_of() == page_of()


def test_a_page_holds_every_part_that_there_is_something_for():
    page = page_of(
        made_up_study(
            reference={
                "source": "a paper",
                "values": [
                    {"where": {"optimizer": "adam", "lr": 1e-3}, "validation_accuracy": 0.5}
                ],
            }
        ),
        ends={"sgd-lr1": "diverged"},
        missing=[0],
        images=[Image("sensitivity", "figures/sensitivity", "Accuracy", "", "data:,", 9, 9)] * 2,
        verification=("Recomputed on a day: 1 of 1.", pd.DataFrame({"setting": ["a"]})),
        change=lambda tables: dataclasses.replace(
            tables, findings=findings("edge"), claims=claims("contradicted", "confirmed")
        ),
    )
    for part in (
        *("answer", "findings", "claims", "reported", "optimizers", "settings", "curves"),
        *("figures", "pairs", "ended", "missing", "method", "provenance", "cite"),
    ):
        assert f'<section id="{part}">' in page
        assert f'<a href="#{part}">' in page
    assert "code-abc" in page
    assert "LR Atlas 1.2.3" in page
    assert "Recomputed on a day" in page
    assert page.index("Contradicted</h3>") < page.index("Confirmed</h3>")
    assert "Not reproduced:" in page


def test_a_page_leaves_out_parts_without_content():
    page = page_of(change=lambda tables: dataclasses.replace(tables, pairs=tables.pairs[:0]))
    for part in ("findings", "claims", "reported", "figures", "pairs", "ended", "missing"):
        assert f'id="{part}"' not in page
    assert "make verify" in page


def test_texts_of_a_study_cannot_become_part_of_the_page():
    page = page_of(
        made_up_study(description="<script>alert(1)</script> ** & `"),
        change=lambda tables: dataclasses.replace(tables, claims=claims("confirmed")),
    )
    assert "<script>alert" not in page
    assert "SGD is better than Adam &lt;confirmed&gt;" in page


def test_a_title_takes_the_place_of_the_name_wherever_people_read_it():
    study = made_up_study(title="Práctica 1: <b>5$ & más")
    page = page_of(study)
    assert "<h1>Práctica 1: &lt;b&gt;5$ &amp; más</h1>" in page
    assert "<title>Práctica 1: &lt;b&gt;5$ &amp; más: LR Atlas</title>" in page
    assert "snakemake --cores all made-up" in page
    assert "title        = {{LR Atlas}, study Práctica 1: " in page
    plan, tables = made_up(study)
    text = study_markdown(study_report(plan, study, DATA, tables))
    assert text.startswith(r"# Práctica 1: \<b\>5\$ \& más" + "\n")


def test_a_page_names_no_path_and_asks_no_network():
    page = page_of()
    beside = r"(?:figures/)?\w+\.(?:csv|tex|md|svg|pdf|png)"
    assert not re.search(rf'(?:src|href)="(?!#|data:|{beside}")', page)
    assert "default-src 'none'" in page


def test_a_study_of_diverged_runs_alone_still_has_a_page():
    study = made_up_study(optimizers=ONE_OPTIMIZER)
    settings = ("sgd-lr0.01", "sgd-lr0.1", "sgd-lr1")
    page = page_of(study, ends=dict.fromkeys(settings, "diverged"))
    assert "No answer: every run diverged" in page


def test_the_curves_of_a_page_are_the_tables_to_five_digits():
    _, tables = made_up(made_up_study(), ends={"adam-lr0.01": "diverged"})
    data = curve_data(tables.epochs, tables.runs)
    assert [each["name"] for each in data["optimizers"]] == ["SGD", "Adam"]
    assert len(data["runs"]) == 45
    run = data["runs"][0]
    name, seed = data["settings"][run["setting"]]["name"], run["seed"]
    table = tables.epochs[(tables.epochs["setting"] == name) & (tables.epochs["seed"] == seed)]
    assert run["epoch"] == table["epoch"].tolist()
    assert run["train_loss"] == pytest.approx(table["train_loss"].tolist(), rel=1e-4)
    assert sum(each["diverged"] for each in data["runs"]) == 5
    assert any(each["remark"] == "5 of 5 diverged" for each in data["settings"])


def test_runs_that_diverged_in_the_first_epoch_are_counted_for_the_curves_of_a_page():
    _, tables = made_up(made_up_study(), ends={"adam-lr0.01": AT_ONCE})
    data = curve_data(tables.epochs, tables.runs)
    (lost,) = data["lost"]
    assert (data["settings"][lost["setting"]]["label"], lost["runs"]) == ("Adam 0.01", 5)
    assert all(each["setting"] != lost["setting"] for each in data["runs"])


def test_the_best_of_each_optimizer_come_first_in_the_table_of_settings():
    _, tables = made_up(made_up_study(), ends={"sgd-lr1": "diverged"})
    table = tables.summary.iloc[best_first(tables)]
    assert list(table["setting"][:2]) == list(tables.optimizers["best_setting"])
    means = list(table["validation_accuracy_mean"][2:].dropna())
    assert means == sorted(means, reverse=True)
    assert sorted(table["setting"]) == sorted(tables.summary["setting"])


def test_a_page_shows_the_curves_of_the_chosen_settings_alone(tmp_path):
    for name in ("sgd-lr0.1", "adam-lr0.01"):
        (tmp_path / f"{name}.svg").write_text('<svg viewBox="0 0 72 36"/>')
    labels = {"adam-lr0.01": "Adam, learning rate 0.01", "sgd-lr9": "SGD, learning rate 9"}
    (image,) = read_curves(tmp_path, labels)
    assert (image.title, image.file) == (labels["adam-lr0.01"], "figures/curves/adam-lr0.01")


def test_curves_that_are_not_finite_are_gaps():
    _, tables = made_up(made_up_study(seeds=1))
    epochs = tables.epochs.copy()
    epochs.loc[0, "train_loss"] = np.inf
    data = curve_data(epochs, tables.runs)
    assert data["runs"][0]["train_loss"][0] is None
    assert json.loads(script_json(data)) == data


def test_too_many_values_are_thinned_out_and_then_averaged_over_seeds():
    _, tables = made_up(made_up_study(epochs=90))
    everything = len(tables.epochs) * 6
    thinned = curve_data(tables.epochs, tables.runs, most_values=everything // 2)
    assert (thinned["every"], thinned["seeds"]) == (2, True)
    assert thinned["runs"][0]["epoch"][:3] == [1, 2, 4]
    assert thinned["runs"][0]["epoch"][-1] == 90
    averaged = curve_data(tables.epochs, tables.runs, most_values=everything // 5)
    assert averaged["seeds"] is False
    assert len(averaged["runs"]) == 9
    of_first = tables.epochs.query("setting == 'adam-lr0.0001' and epoch == 1")
    names = [each["name"] for each in averaged["settings"]]
    mean = next(each for each in averaged["runs"] if names[each["setting"]] == "adam-lr0.0001")
    assert mean["train_loss"][0] == pytest.approx(of_first["train_loss"].mean(), rel=1e-4)


def test_json_in_a_page_cannot_end_its_script():
    text = script_json({"label": "</script><!--"})
    assert "<" not in text
    assert json.loads(text) == {"label": "</script><!--"}


def test_figures_come_in_the_page_s_order_and_without_what_is_not_drawn(tmp_path):
    svg = '<?xml version="1.0"?>\n<svg viewBox="0 0 72 36"><metadata>x</metadata>\n<g/></svg>'
    for name in ("heatmap", "sensitivity"):
        (tmp_path / f"{name}.svg").write_text(svg)
    (tmp_path / "pairs.svg").touch()
    images = read_images(sorted(tmp_path.glob("*.svg")))
    assert [image.name for image in images] == ["sensitivity", "heatmap"]
    assert (images[0].width, images[0].height) == (96, 48)
    assert slim(svg) == '<svg viewBox="0 0 72 36"><g/></svg>'
    assert images[0].uri == svg_uri(slim(svg))
    assert not re.search(r'[<>"#]', images[0].uri)


def test_a_huge_drawing_is_shown_as_the_picture_beside_it(tmp_path):
    (tmp_path / "heatmap.svg").write_text('<svg viewBox="0 0 9 9">' + "<g/>" * 100_000 + "</svg>")
    (tmp_path / "heatmap.png").write_bytes(b"a picture")
    assert read_images([tmp_path / "heatmap.svg"])[0].uri.startswith("data:image/png;base64,")


def test_tables_with_a_header_alone_or_none_are_empty_with_all_columns(tmp_path):
    (tmp_path / "claims.csv").write_text(",".join(COLUMNS["claims"]) + "\n")
    tables = read_tables(tmp_path, ANSWERS, ANSWERS)
    for name in ANSWERS:
        table = getattr(tables, name)
        assert table.empty
        assert list(table) == list(COLUMNS[name])


def test_texts_that_a_table_lacks_are_empty_texts(tmp_path):
    (tmp_path / "findings.csv").write_text("code,severity,setting,evidence\nedge,warning,,It is.\n")
    table = read_table(tmp_path / "findings.csv")
    assert findings_for_reading(table)[0]["fix"] == ""
    assert table["setting"].tolist() == [""]


def test_a_page_can_be_written_from_the_files_alone(tmp_path):
    study = made_up_study()
    plan, tables = made_up(study)
    for name in ("runs", "epochs"):
        getattr(tables, name).to_parquet(tmp_path / f"{name}.parquet")
    for name in ("summary", "reported", "pairs", "optimizers"):
        getattr(tables, name).to_csv(tmp_path / f"{name}.csv", index=False, float_format="%.10g")
    read = read_tables(tmp_path, REPORT, ANSWERS)
    assert answer_of(plan, study, read) == answer_of(plan, study, tables)
    assert "answer" in page_from(plan, study, read)


def test_the_ranking_has_the_budgets_beside_it_and_no_empty_column():
    _, tables = made_up(made_up_study(), ends={"adam-lr0.01": "diverged"})
    table = ranking_for_reading(tables.optimizers, setting_labels(tables.runs))
    assert table[["optimizer", "settings", "seeds", "epochs in all"]].to_numpy().tolist() == [
        ["SGD", "6", "5", "300"],
        ["Adam", "3", "5", "150"],
    ]
    assert table["diverged"].tolist() == ["0 of 30", "5 of 15"]
    assert "test accuracy (%)" not in table


def test_the_results_fingerprint_counts_metrics_but_not_seconds():
    _, tables = made_up(made_up_study(seeds=1))
    before = results_fingerprint(tables.epochs)
    slower = tables.epochs.assign(train_seconds=9.0)[::-1]
    assert results_fingerprint(slower) == before
    other = tables.epochs.copy()
    other.loc[3, "train_loss"] += 1e-9
    assert results_fingerprint(other) != before


def test_the_configuration_on_a_page_asks_for_the_same_runs():
    from ruamel.yaml import YAML

    study = made_up_study(seeds=[3, 5], description="A question: with a colon")
    content = YAML(typ="safe").load(study_yaml("made-up", study, 2))
    assert Study.model_validate(content["studies"]["made-up"]) == study
    assert content["compute"] == {"threads": 2}


def test_a_citation_has_a_date_only_where_the_results_have_one():
    assert "year" not in bibtex("a", "1.0", "abc")
    verified = bibtex("a_b", "1.0", "abc", "2025-01-02T03:04:05")
    assert "year         = {2025}" in verified
    assert "recomputed on 2025-01-02" in verified
    assert r"study a\_b}" in verified


def test_the_version_is_that_of_the_project(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "7.1"\n')
    assert project_version(tmp_path / "pyproject.toml") == "7.1"


def test_numbers_are_written_as_a_reader_expects():
    assert points(-0.0051) == "\N{MINUS SIGN}0.51"
    assert points(float("nan")) == ""
    assert emphasis("**95 %** <b> `x`") == (
        "<strong>95\N{NO-BREAK SPACE}%</strong> &lt;b&gt; <code>x</code>"
    )


def test_the_markdown_begins_with_the_answer_and_has_findings_and_claims():
    study = made_up_study()
    plan, tables = made_up(study)
    tables = dataclasses.replace(
        tables, findings=findings("edge"), claims=claims("confirmed", "contradicted")
    )
    text = study_markdown(study_report(plan, study, DATA, tables))
    assert text.index("## Answer") < text.index("## Findings") < text.index("## Claims")
    assert f"**{BEST} is better than the chosen setting of Adam.**" in text
    assert re.search(r"\| contradicted +\| SGD is better", text)
