"""A difference that is shown not to matter: alike, or better by less than matters."""

import numpy as np
import pandas as pd
import pytest
from page_tables import DATA, made_up, made_up_study
from study_tables import study_of, tables_of

from lr_atlas.analysis.answer_tables import analyse_study
from lr_atlas.analysis.budgets import budgets
from lr_atlas.analysis.claims import check_claims
from lr_atlas.analysis.finding import Seen
from lr_atlas.analysis.findings import findings
from lr_atlas.analysis.mattering import ALIKE, LESS, MORE, with_sizes
from lr_atlas.analysis.pair_rows import FIRST, INCONCLUSIVE, SECOND
from lr_atlas.report.study_report import answer_for_file, study_report
from lr_atlas.report.summary import study_latex, study_markdown
from lr_atlas.tables.study_tables import read_table
from lr_atlas.tables.table_files import write_csv

MATTERS = 0.002
#: (low, high, verdict) of an interval, and what is shown of it where 0.002 matters.
SHOWN = {
    (-0.0019, 0.0019, INCONCLUSIVE): (ALIKE, LESS),
    (0.0001, 0.0019, FIRST): (FIRST, LESS),
    (-0.0019, -0.0001, SECOND): (SECOND, LESS),
    (0.0021, 0.0040, FIRST): (FIRST, MORE),
    (-0.0040, -0.0021, SECOND): (SECOND, MORE),
    (0.0001, 0.0021, FIRST): (FIRST, ""),
    (-0.0021, 0.0019, INCONCLUSIVE): (INCONCLUSIVE, ""),
    (-0.0019, 0.0020, INCONCLUSIVE): (INCONCLUSIVE, ""),
    (np.nan, np.nan, INCONCLUSIVE): (INCONCLUSIVE, ""),
}


def table(method="Welch"):
    rows = pd.DataFrame(list(SHOWN), columns=["low", "high", "verdict"])
    return rows.assign(method=method)


def test_what_is_shown_of_a_size_is_read_off_the_interval():
    found = with_sizes(table(), MATTERS)
    shown = list(zip(found["verdict"], found["size"], strict=True))
    assert shown == list(SHOWN.values())
    pd.testing.assert_frame_equal(with_sizes(table(), None), table())


def test_no_size_is_told_of_settings_with_runs_that_diverged():
    found = with_sizes(table("Welch, permutation"), MATTERS)
    assert not found["size"].any()
    assert found["verdict"].tolist() == [verdict for *_, verdict in SHOWN]


#: What each optimizer reaches at the end, and by how much its runs scatter.
ENDS = {"sgd": 0.9, "adam": 0.9, "rmsprop": 0.899, "adamw": 0.89, "nadam": 0.899}
SCATTER = {"nadam": 0.004}
ENTRIES = [{"name": name, "lr": 0.01} for name in ENDS]


@pytest.fixture(scope="module")
def compared():
    """(Study, Plan, epochs, runs, Analysis) of five optimizers; a pair of two per mille matters."""
    study, plan = study_of(ENTRIES, seeds=10, epochs=2, matters=MATTERS)

    def curve(run):
        name = run.parameters["optimizer"]
        generator = np.random.default_rng([run.seed, list(ENDS).index(name)])
        scatter = SCATTER.get(name, 0.0003) * generator.standard_normal()
        return [0.5, ENDS[name] + scatter]

    epochs, runs = tables_of(plan, curve)
    analysis = analyse_study(
        *(epochs, runs, budgets(plan)), target=None, training_images=1000, matters=MATTERS
    )
    return study, plan, epochs, runs, analysis


def test_each_optimizer_is_said_to_be_better_alike_or_open(compared):
    *_, analysis = compared
    ranked = analysis.optimizers.set_index("optimizer")
    said = ranked[["behind_verdict", "behind_size"]].apply(tuple, axis=1).to_dict()
    first = analysis.optimizers["optimizer"].iloc[0]
    other = ({"sgd", "adam"} - {first}).pop()
    assert said == {
        first: ("", ""),
        other: (ALIKE, LESS),
        "rmsprop": ("behind", LESS),
        "adamw": ("behind", MORE),
        "nadam": ("inconclusive", ""),
    }
    assert (ranked["matters"] == MATTERS).all()


def test_settings_that_are_alike_ask_for_no_more_seeds(compared):
    study, plan, epochs, _, analysis = compared
    assert "below_noise" not in {
        each.code for each in findings(Seen(study, plan, epochs, analysis))
    }


def test_open_settings_are_told_the_seeds_that_find_what_matters(compared):
    study, plan, epochs, runs, analysis = compared
    kept = runs["optimizer"].isin(("sgd", "nadam"))
    own = epochs["optimizer"].isin(("sgd", "nadam"))
    analysis = analyse_study(
        *(epochs[own], runs[kept], budgets(plan)),
        target=None,
        training_images=1000,
        matters=MATTERS,
    )
    found = findings(Seen(study, plan, epochs[own], analysis))
    (finding,) = (each for each in found if each.code == "below_noise")
    assert "What matters, 0.20 points, takes seeds: " in finding.fix


def test_a_claim_says_that_a_difference_is_less_than_matters(compared):
    _, plan, epochs, _, analysis = compared
    claims = [
        {"claim": "better", "where": {"optimizer": "sgd"}, "than": {"optimizer": name}}
        for name in ("rmsprop", "adamw", "nadam")
    ]
    study, _ = study_of(ENTRIES, claims=claims)
    found = check_claims(
        *(study.claims, plan, analysis.measured, epochs, analysis.pairs), matters=MATTERS
    )
    assert [text.rpartition(", ")[0].rpartition("), ")[2] for text in found["evidence"][:2]] == [
        "less than what matters",
        "more than what matters",
    ]
    assert "what matters" not in found["evidence"][2]


@pytest.fixture(scope="module")
def report():
    """The report of a study in which no difference between optimizers matters."""
    study = made_up_study(matters=0.02)
    plan, tables = made_up(study, gain={"adam": 0.005})
    return study_report(plan, study, DATA | {"transposed": False}, tables), tables


def test_the_headline_says_within_what_settings_are_alike(report):
    said, _ = report
    assert said.answer.headline.endswith(
        "and the chosen setting of Adam are alike within 2 points."
    )
    assert "are **alike within 2 points**, which is what matters: +" in said.answer.sentences[1]
    assert answer_for_file(said)["matters"] == 0.02
    assert "alike within 2 points" in study_markdown(said)
    assert "Against the first, where 2 points is what matters: Adam alike." in study_latex(said)


def test_the_table_of_pairs_shows_sizes_and_how_they_are_judged(report):
    said, _ = report
    verdicts = said.pairs.rows["verdict"]
    assert verdicts.iloc[0] == "alike within 2 points"
    study = made_up_study(matters=1e-6)
    plan, tables = made_up(study)
    small = study_report(plan, study, DATA | {"transposed": False}, tables)
    assert "first better, by more than matters" in set(small.pairs.rows["verdict"])
    assert "two one-sided t tests" in said.pairs.note
    assert "(alike)" in said.optimizers.rows["behind the best (points)"].iloc[1]


def test_a_small_lead_is_said_to_be_less_than_matters():
    study = made_up_study(matters=0.03)
    plan, tables = made_up(study, gain={"adam": -0.015})
    said = study_report(plan, study, DATA | {"transposed": False}, tables).answer
    assert said.headline.endswith(
        "is better than the chosen setting of Adam, but by less than what matters (3 points)."
    )


def test_the_tables_are_read_back_with_what_they_say_of_sizes(report, tmp_path):
    _, tables = report
    for name in ("pairs", "optimizers"):
        table = getattr(tables, name)
        write_csv(tmp_path / f"{name}.csv", table)
        read = read_table(tmp_path / f"{name}.csv")
        size = "size" if name == "pairs" else "behind_size"
        assert read[size].tolist() == table[size].tolist()
        assert (read["matters"] == 0.02).all()


def test_a_study_that_says_nothing_of_what_matters_has_the_tables_of_before(report):
    _, plain = made_up(made_up_study())
    _, tables = report
    for name in ("pairs", "optimizers"):
        table = getattr(plain, name)
        added = set(getattr(tables, name)) - set(table)
        assert added == {"matters", "size" if name == "pairs" else "behind_size"}
