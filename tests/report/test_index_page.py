"""The index of all results says what changed since the answers were others."""

import json

from lr_atlas.report.index_page import changes, index_page, read_memory, remembered


def answers(**headlines):
    return [
        {"study": name, "title": name.upper(), "headline": text, "runs": "9 runs"}
        for name, text in headlines.items()
    ]


def test_what_changed_is_told_until_something_else_does(tmp_path):
    nothing = read_memory(tmp_path / "answers.json")
    first = remembered(nothing, answers(a="SGD did best.", b="Adam did best."))
    assert set(changes(first).values()) == {""}
    second = remembered(first, answers(a="Adam did best.", b="Adam did best.", c="New one."))
    told = changes(second)
    assert told == {"a": "Another answer. Before: SGD did best.", "b": "", "c": "New."}
    # The same answers again are no news, and what changed stays told.
    now = answers(a="Adam did best.", b="Adam did best.", c="New one.")
    assert changes(remembered(second, now)) == told
    fewer = remembered(second, answers(a="Adam did best."))
    page = index_page(answers(a="Adam did best."), fewer)
    assert "No longer there: b, c." in page
    assert 'href="studies/a/report.html">A</a>' in page


def test_a_damaged_memory_begins_anew(tmp_path):
    path = tmp_path / "answers.json"
    for text in ("{", "[]", '{"now": {"a": 1}, "before": {}}'):
        path.write_text(text, encoding="utf-8")
        assert read_memory(path) == {"now": {}, "before": {}}
    memory = remembered(read_memory(path), answers(a="x"))
    path.write_text(json.dumps(memory), encoding="utf-8")
    assert read_memory(path) == memory
