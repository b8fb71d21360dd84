"""Commands are split once; values reach a program as they are."""

import pytest

from lr_atlas.common.command_words import command_words, filled, placeholders, value_text


def test_a_value_with_spaces_quotes_and_dollars_is_one_word_as_it_is():
    words = command_words("train --note {note} --out 'a b'/{history} {{x}}")
    note = 'it\'s a "b" $HOME; {lr} ls'
    assert filled(words, {"note": note, "history": "/r/h"}, ["note"]) == [
        *("train", "--note", note, "--out", "a b//r/h", "{x}")
    ]


def test_all_arguments_that_are_named_nowhere_else_take_one_word_of_the_command():
    words = command_words("train {lr} {arguments} -v")
    values = {"lr": "0.1", "momentum": "0.9", "note": ""}
    assert filled(words, values, ["lr", "momentum", "note"]) == [
        *("train", "0.1", "--momentum", "0.9", "--note", "", "-v")
    ]


def test_placeholders_are_found_inside_words_and_named_once():
    assert placeholders(command_words("sh -c 'x {lr} {seed} {lr}'")) == ["lr", "seed"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no program"),
        ("train 'a", "quote is not closed"),
        ("train {lr} > {history}", "'>' would reach the program"),
        ("train {", "a brace that is meant as such twice"),
        ("train {lr:.3f}", "no name of a value"),
        ("train {}", "no name of a value"),
        ("train --a={arguments}", "one by itself"),
    ],
)
def test_what_is_no_command_is_answered(text, said):
    with pytest.raises(ValueError, match=said):
        command_words(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (1.0, "1"), (1e-05, "1e-05"), (64, "64"), (True, "true"), ("a b", "a b")],
)
def test_numbers_are_written_exactly(value, text):
    assert value_text(value) == text
