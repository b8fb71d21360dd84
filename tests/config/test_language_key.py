"""A study speaks the language that it names, or else that of the file, and trains the same runs."""

import json

import pytest

from lr_atlas.config.configuration import language_of
from lr_atlas.locale.speech import spoken
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.study_definition import in_its_language, runs_definition, study_definition

CONFIG = """
{top}
studies:
  s:
    dataset: digits
    validation: 300
    seeds: 1
    {study}
    optimizers: [{{name: sgd, lr: 0.1}}]
"""


def loaded(tmp_path, top="", study=""):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(top=top, study=study), encoding="utf-8")
    return load_atlas([path])


@pytest.mark.parametrize(
    ("top", "study", "language"),
    [
        ("", "", "en"),
        ("language: es", "", "es"),
        ("", "language: es", "es"),
        ("language: es", "language: en", "en"),
    ],
)
def test_a_study_speaks_its_language_and_its_runs_are_the_same(tmp_path, top, study, language):
    plain, atlas = loaded(tmp_path), loaded(tmp_path, top, study)
    assert language_of(atlas.configuration, "s") == language
    assert runs_definition(atlas, "s") == runs_definition(plain, "s")
    # In English it is what it was before there were languages.
    is_as_before = study_definition(atlas, "s") == study_definition(plain, "s")
    assert is_as_before == (language == "en")
    heard = []
    in_its_language(lambda study: heard.append(spoken().code))(
        study=json.dumps(study_definition(atlas, "s"))
    )
    assert heard == [language]
