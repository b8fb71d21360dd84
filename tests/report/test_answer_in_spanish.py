"""The answer and the protocol of a study in Spanish: no English is left, decimals have commas."""

import dataclasses
import re

import numpy as np
import pytest
from page_tables import BEST, DATA, made_up, made_up_study

from lr_atlas.analysis.sensitivity_table import sensitivity_table
from lr_atlas.locale.speech import speaking
from lr_atlas.report.answer import answer_of
from lr_atlas.report.reported_text import not_reproduced, reported_for_reading, reported_note
from lr_atlas.report.sensitivity_text import sensitivity_note, sensitivity_sentence
from lr_atlas.report.study_facts import study_facts

WORD = re.compile(r"[^\W\d_]+")
ENGLISH = WORD.findall(
    "accuracy all and answer are as at best better by chosen counts decades each every for from "
    "has images in interval is it learning looked mean of on only or over own points rate rates "
    "run runs same seed seeds setting settings shown test than that the them these they to trained "
    "validation values was which with"
)
FRESH = {"sgd": [0.886, 0.887, 0.888, np.nan], "adam": [0.880, 0.881, 0.882, 0.881]}
#: Names, and what stands between backticks, are the same in all languages.
NAMES = re.compile(r"`[^`]*`|\b(torch|openblas) [\d.]+|\w+-lr[\d.]+\S*|arXiv:[\d.]+|doi:\S+")


def looked_at(texts):
    """Check texts in Spanish, and return them as one."""
    text = "\n".join(texts)
    own = NAMES.sub("", text)
    assert set(WORD.findall(own.casefold())) & set(ENGLISH) == set(), text
    assert not re.search(r"\d\.\d", own), text
    return text


def answered(study, **arguments):
    plan, tables = made_up(study, **arguments)
    found = answer_of(plan, study, tables)
    return looked_at([found.headline, *found.sentences, *found.cautions])


@pytest.mark.parametrize(
    ("changes", "arguments"),
    [
        ({}, {}),
        ({"matters": 0.002}, {"missing": [0, 1]}),
        ({"validation": "test", "score": {"last": 3}}, {"ends": {"adam-lr0.01": "diverged"}}),
        ({"confirm": 4}, {"fresh": FRESH}),
        ({"seeds": 1, "optimizers": [{"name": "sgd", "lr": 0.1}]}, {}),
    ],
)
def test_an_answer_has_no_english(changes, arguments):
    with speaking("es"):
        assert answered(made_up_study(**changes), **arguments)
    study = made_up_study(**changes)
    plan, tables = made_up(study, **arguments)
    assert "learning rate" in answer_of(plan, study, tables).sentences[0]


def test_the_first_sentences_read_as_a_person_writes_them():
    with speaking("es"):
        text = answered(made_up_study())
    spanish = "SGD con tasa de aprendizaje 0,1 y momento 0,9"
    assert BEST not in text
    assert text.startswith(f"{spanish} es mejor que la configuración elegida de Adam.\n")
    assert f"**{spanish}** alcanzó el valor más alto de exactitud en validación tras la" in text
    assert re.search(r"\(intervalo t del 95 % de 8\d,\d\d a 8\d,\d\d, n = 5 semillas; el", text)
    assert "Es **mejor que** la configuración elegida de Adam (tasa de aprendizaje 0,001: 8" in text


def test_the_protocol_and_the_tables_beside_have_no_english():
    setting = {"optimizer": "adam", "lr": 0.001}
    study = made_up_study(
        schedule="cosine",
        reference={
            "source": "x",
            "values": [{"where": setting, "validation_accuracy": 0.5}],
        },
    )
    plan, tables = made_up(study)
    with speaking("es"):
        text = looked_at(study_facts(plan, study, DATA | {"transposed": False}, tables.runs))
        assert "dropout 0; pérdida: entropía cruzada; píxeles escalados a [0; 1]; lotes" in text
        note = reported_note(tables.reported, tables.metric)
        assert " (valores de exactitud) del valor publicado" in looked_at([note])
        table = reported_for_reading(tables.reported, tables.metric)
        assert {"configuración", "publicado", "medido", "reproducido"} <= set(table)
        assert "publicado 50,00, medido 8" in not_reproduced(tables.reported, tables.metric)


def test_the_sensitivity_has_no_english(tables_with_sensitivity):
    with speaking("es"):
        text = looked_at(
            [
                sensitivity_sentence(tables_with_sensitivity),
                sensitivity_note(tables_with_sensitivity),
            ]
        )
    assert "En promedio sobre las tasas de aprendizaje desde" in text


@pytest.fixture
def tables_with_sensitivity():
    """Return the tables of a study, with what optimizers lose around their best rates."""
    rates = [{"name": "sgd", "lr": [0.01, 0.1, 1.0]}, {"name": "adam", "lr": [1e-4, 1e-3, 1e-2]}]
    _, tables = made_up(made_up_study(optimizers=rates))
    found = sensitivity_table(tables.runs, tables.summary, tables.optimizers, None, tables.metric)
    return dataclasses.replace(tables, sensitivity=found)
