"""Findings and claims of a study in Spanish say nothing in English."""

import re

import numpy as np
import pandas as pd
import pytest
from spanish_texts import not_spanish
from study_tables import analysed, study_of, tables_of

from lr_atlas.analysis.claims import check_claims
from lr_atlas.analysis.finding import Seen
from lr_atlas.analysis.findings import findings_table, kinds
from lr_atlas.config.claims import KINDS
from lr_atlas.locale.speech import speaking
from lr_atlas.report.claims_text import claims_counted, claims_note
from lr_atlas.report.sections import findings_for_reading
from lr_atlas.runs.missing_runs import missing_notice
from lr_atlas.runs.provenance import makers_for_reading, rounding_note, software
from lr_atlas.tables.study_tables import COLUMNS

LEVEL = np.tile([0.0, 0.001], 5)
A, B, C = ({"optimizer": "sgd", "lr": rate} for rate in (0.01, 0.1, 1))
CLAIMS = [
    {"claim": "better", "where": A, "than": B},
    {"claim": "better", "where": A, "than": B, "by": 0.01},
    {"claim": "not_better", "where": B, "than": A, "metric": "train_loss"},
    {"claim": "not_better", "where": B, "than": A, "by": 0.01, "at_epoch": 5},
    {"claim": "best", "where": A},
    {"claim": "best", "where": A, "of": [B, C]},
    {"claim": "within", "where": A, "than": B, "by": 0.01},
    {"claim": "within", "where": A, "of_metric": "train_accuracy", "by": 0.015},
    {"claim": "stable", "where": A, "swing": 0.01},
    {"claim": "stable", "where": A, "than": B},
    {"claim": "unstable", "where": A, "swing": 0.0001},
    {"claim": "unstable", "where": A, "than": B, "metric": "swing"},
    {"claim": "overfits", "where": A},
    {"claim": "collapses", "where": C},
    {"claim": "below", "where": A, "value": 0.5},
    {"claim": "above", "where": {"optimizer": "sgd"}, "value": 0.5},
    {"claim": "order", "of": [A, B, C]},
    {"claim": "order", "where": A, "metrics": ["validation_accuracy", "train_loss"]},
    {"claim": "rises", "where": A, "last": 5},
    {"claim": "falls", "where": A, "metric": "train_loss", "last": 5},
]


def accuracy(run):
    """Diverges at the highest rate; rises at the others, the lowest being the best."""
    rate, name = run.parameters["learning_rate"], run.parameters["optimizer"]
    if rate == 1 or (name == "adam" and run.seed):
        return None
    drawn = np.random.default_rng([run.seed, len(name)]).normal(0, 0.003)
    return 0.8 - 0.05 * (rate == 0.1) + drawn + LEVEL + np.linspace(0, 0.03, 10)


def loss(run):
    if accuracy(run) is None:
        return [2.0]
    return np.r_[np.linspace(1, 0.5, 5), np.linspace(0.5, 0.9, 5)]


def seconds_of(run):
    return np.arange(1.0, 1.0 + len(loss(run)))


def the_study(seeds):
    optimizers = [
        {"name": "sgd", "lr": [0.01, 0.1, 1]},
        {"name": "adagrad", "lr": [0.01]},
        {"name": "adam", "lr": [0.01, 0.1]},
    ]
    return study_of(optimizers, epochs=10, seeds=seeds, claims=CLAIMS)


def test_every_sentence_of_findings_is_spanish_and_codes_stay():
    with speaking("es"):
        rows = []
        for seeds in (1, 3):
            study, plan = the_study(seeds=seeds)
            epochs, analysis = analysed(plan, accuracy, loss=loss, seconds=seconds_of)
            table = findings_table(Seen(study, plan, epochs, analysis))
            rows += [*table.to_dict("records"), *findings_for_reading(table)]
    told = {row["code"] for row in rows if "code" in row}
    assert told >= {
        *("edge", "still_improving", "overfitting", "few_seeds", "unequal_budgets", "coarse"),
        *("mostly_diverged", "timing_disturbed", "below_noise"),
    }
    assert told <= set(kinds())
    for row in rows:
        assert row["severity"] in ("warning", "note")
        for column in {"title", "evidence", "fix"} & set(row):
            assert not_spanish(row[column]) == [], row[column]


@pytest.mark.parametrize("seeds", [1, 3])
def test_claims_evidence_and_methods_are_spanish_and_verdicts_stay(seeds):
    study, plan = the_study(seeds=seeds)
    epochs, analysis = analysed(plan, accuracy, loss=loss)
    assert {claim["claim"] for claim in CLAIMS} == set(KINDS)
    with speaking("es"):
        table = check_claims(
            study.claims, plan, analysis.measured, epochs, analysis.pairs, matters=0.01
        )
        notes = [claims_counted(table), claims_note(table)]
    assert list(table.columns) == list(COLUMNS["claims"])
    assert set(table["verdict"]) <= {"confirmed", "contradicted", "inconclusive"}
    for text in [*table[["claim", "evidence", "method"]].to_numpy().ravel(), *notes]:
        assert not_spanish(text) == [], text


def dynamics_of(plan):
    """Steps before the loss exploded of runs that diverged; evaluations of the others."""
    rows = []
    for run in plan.runs:
        lost = accuracy(run) is None
        leading = {"run": run.name, "setting": run.setting, "seed": run.seed, "spikes": 2}
        leading |= {"optimizer": run.parameters["optimizer"], "sharpness": 19.5, "threshold": 20.5}
        leading |= {"learning_rate": run.parameters["learning_rate"]}
        leading |= {"status": "diverged" if lost else "finished", "layer": 1, "layer_name": "conv2"}
        leading |= {"preconditioned_sharpness": np.nan}
        if lost:
            ends = ((40 + run.seed, 0.25), (41 + run.seed, 50.5))
            rows += [leading | {"of": "end", "step": at, "update_ratio": each} for at, each in ends]
        else:
            rows.append(leading | {"of": "evaluation", "step": 5000, "update_ratio": 0.0})
    return pd.DataFrame(rows)


def test_findings_on_the_dynamics_are_spanish():
    study, plan = the_study(seeds=3)
    epochs, analysis = analysed(plan, accuracy, loss=loss)
    with speaking("es"):
        table = findings_table(Seen(study, plan, epochs, analysis, dynamics_of(plan)))
    dynamic = ("exploded", "still_layers", "spikes", "edge_of_stability")
    table = table[table["code"].isin(dynamic)]
    assert set(table["code"]) == set(dynamic)
    for text in table[["evidence", "fix"]].to_numpy().ravel():
        assert not_spanish(text) == [], text
    texts = " ".join(table["evidence"])
    assert "la actualización de la capa 1 (conv2) fue 0,25 de sus pesos (mediana de 3)" in texts
    assert "pérdida en 15\u00a0000 pasos de 3 ejecuciones" in texts


def test_what_is_missing_is_said_in_spanish():
    _, plan = the_study(seeds=3)
    with speaking("es"):
        texts = [missing_notice(plan, plan.runs[:count]) for count in (1, 4)]
    for text in texts:
        assert not_spanish(text) == [], text
    assert texts[0].startswith("**Incompleto: 17 de 18 ejecuciones.** ")


def test_makers_and_what_rounding_does_are_said_in_spanish():
    _, runs = tables_of(the_study(seeds=3)[1], accuracy)
    runs = runs.assign(torch=["2.13.0"] * 17 + ["2.14.0"], python="3.11", blas="openblas 0.3.30")
    runs = runs.assign(device="cpu", processor="x86", packages="")
    with speaking("es"):
        makers = makers_for_reading(runs)
        texts = [rounding_note(runs), software(runs)]
    assert list(makers.columns[2:]) == [
        *("productos de matrices", "dispositivo", "procesador", "ejecuciones", "cuáles"),
    ]
    assert makers["cuáles"][0] == "todas las demás"
    assert "Las ejecuciones difieren en la versión de torch" in texts[1]
    for text in texts:
        assert not_spanish(re.sub(r"\d+\.\d+\.\d+", "", text)) == [], text
