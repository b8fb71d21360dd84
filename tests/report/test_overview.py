"""The answers of studies as files, for the report and the last words."""

import json

import pytest

from lr_atlas.common.table_errors import TableError
from lr_atlas.report.overview_answers import last_words, read_answer

ANSWER = dict.fromkeys(("study", "title", "description", "headline", "runs"), "text")
ANSWER |= {
    "sentences": ["**Yes.**"],
    "cautions": [],
    "missing": [{"setting": "a", "seed": 1, "log": "b"}],
}


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "studies" / "a"
    folder.mkdir(parents=True)
    (folder / "report.html").touch()
    (tmp_path / "report.html").touch()
    (folder / "answer.json").write_text(json.dumps(ANSWER))
    return tmp_path


@pytest.mark.parametrize(
    "content",
    [
        *("", "{}", "[]", "null", "half of"),
        json.dumps({key: value for key, value in ANSWER.items() if key != "headline"}),
        json.dumps(ANSWER | {"sentences": [3]}),
        json.dumps(ANSWER | {"missing": {}}),
    ],
)
def test_a_damaged_answer_is_named_with_what_makes_it_in_the_last_words_too(content, results):
    folder = results / "studies" / "a"
    assert read_answer(folder) == ANSWER
    assert last_words(results, ["a"]).startswith("text (text): text\n")
    (folder / "answer.json").write_text(content)
    with pytest.raises(TableError, match=r"answer.json cannot be used: .*rule analyse makes") as e:
        read_answer(folder)
    assert last_words(results, ["a"]).splitlines()[0] == f"a: {e.value}"
