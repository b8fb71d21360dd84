"""A study's page holds all that there is to say, and nothing that it should not."""

import dataclasses
import re

import pandas as pd
from page_tables import (
    BEST,
    DATA,
    ONE_OPTIMIZER,
    claims,
    findings,
    made_up,
    made_up_study,
    page_from,
    page_of,
)

from lr_atlas.config.study_models import Study
from lr_atlas.report.answer import answer_of, setting_labels
from lr_atlas.report.citation import bibtex, project_version, results_fingerprint, study_yaml
from lr_atlas.report.images import Image
from lr_atlas.report.number_text import ahead
from lr_atlas.report.ranking_table import ranking_for_reading
from lr_atlas.report.sections import findings_for_reading
from lr_atlas.report.study_report import best_first, study_report
from lr_atlas.report.summary import study_markdown
from lr_atlas.report.templates import emphasis
from lr_atlas.studies.study_metric import ACCURACY
from lr_atlas.tables.study_tables import ANSWERS, COLUMNS, REPORT, read_table, read_tables


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


def test_a_reported_value_that_one_more_run_would_hardly_give_is_named_though_reproduced():
    value = {"where": {"optimizer": "adam", "lr": 1e-3}, "validation_accuracy": 0.86}
    study = made_up_study(reference={"source": "a paper", "values": [value]})
    plan, tables = made_up(study)
    text = study_report(plan, study, DATA, tables).not_reproduced
    assert re.fullmatch(
        r"Every judged value was reproduced\. \*\*Reproduced, but not where one more run would "
        r"lie:\*\* adam-lr0\.001, validation accuracy \(%\): reported 86\.00, one more run "
        r"85\.\d\d to 85\.\d\d\.",
        text,
    )


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


def test_the_best_of_each_optimizer_come_first_in_the_table_of_settings():
    _, tables = made_up(made_up_study(), ends={"sgd-lr1": "diverged"})
    table = tables.summary.iloc[best_first(tables)]
    assert list(table["setting"][:2]) == list(tables.optimizers["best_setting"])
    means = list(table["validation_accuracy_mean"][2:].dropna())
    assert means == sorted(means, reverse=True)
    assert sorted(table["setting"]) == sorted(tables.summary["setting"])


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
    table = ranking_for_reading(tables.optimizers, setting_labels(tables.runs), ACCURACY)
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
    assert ahead(ACCURACY, -0.0051) == "\N{MINUS SIGN}0.51"
    assert ahead(ACCURACY, float("nan")) == ""
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
    assert re.search(r"\| contradicted +\| inconclusive +\| SGD is better", text)
    # Why runs were compared in pairs, or not, stands in the text too.
    assert re.search(r"For the question between optimizers: .* correlate by .0\.\d\d on", text)
