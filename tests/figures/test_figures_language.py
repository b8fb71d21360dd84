"""What the figures say: every message in every language, and nothing beside the messages."""

import ast
import re
import string
from dataclasses import replace
from pathlib import Path

import pytest
from figure_tables import study, tables_of
from matplotlib.text import Text

from lr_atlas.data.datasets import DATASETS
from lr_atlas.figures import style
from lr_atlas.figures.spanish import SPANISH
from lr_atlas.figures.study import figures_of_study
from lr_atlas.figures.wording import Wording

FIGURES = Path(style.__file__).parent
WORDING = Wording("name-of-study", validation="test", loss="cross_entropy", dataset="fashion_mnist")
CLASS_NAMES = {name for name in DATASETS["fashion_mnist"].class_names if not name.isdigit()}
# The same in both languages.
SHARED = {"dropout", "k", "momentum", "name-of-study", "nesterov", "no", "n"}
SHARED |= {"nats", "sgd", "adam", "lion"}

# Names, and words that happen to be the same.
SHARED_WITHIN_MESSAGES = {
    "Kaplan",
    "Meier",
    "summary",
    "pairs",
    "csv",
    "dropout",
}
SHARED_WITHIN_MESSAGES |= {"t", "k", "n", "no", "No", "nats", "final", "error", "compare"}


def calls_of_say():
    """(file and line, call) of every place that says something."""
    for path in sorted(FIGURES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "say"
            ):
                yield f"{path.name}:{node.lineno}", node


def placeholders(message):
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_a_message_stands_whole_where_it_is_said_and_gets_the_values_that_it_names():
    names_of_classes = 0
    for place, call in calls_of_say():
        (message,) = call.args
        if isinstance(message, ast.Name) and place.startswith("wording.py"):
            names_of_classes += 1
            continue
        assert isinstance(message, ast.Constant), place
        given = {keyword.arg for keyword in call.keywords}
        if None not in given:  # else some come from a dict
            assert given == placeholders(message.value), place
    assert names_of_classes == 1


def test_every_message_has_a_translation_and_no_translation_is_left_over():
    messages = {
        call.args[0].value for _, call in calls_of_say() if isinstance(call.args[0], ast.Constant)
    }
    assert set(SPANISH) == messages | CLASS_NAMES


def test_a_translation_has_the_values_and_the_lines_of_its_message():
    for message, translation in SPANISH.items():
        assert placeholders(translation) == placeholders(message), message
        assert translation.count("\n") == message.count("\n"), message
        assert translation.endswith(".") == message.endswith("."), message
        assert translation.strip() == translation != "", message
        words, same = (
            set(re.findall(r"[^\W\d_]+", re.sub(r"{\w+}", "", text)))
            for text in (message, translation)
        )
        assert words & same <= SHARED_WITHIN_MESSAGES, message


def texts(epochs, runs, language):
    tables = tables_of(epochs, runs, reported=[("sgd-1", 0.9)])
    wording = replace(WORDING, language=language)
    found = {}
    for name, draw in figures_of_study(tables, wording):
        figure = draw()
        figure.draw_without_rendering()
        found[name] = [text.get_text() for text in figure.findobj(Text) if text.get_text()]
    return found


STATUSES = {(1, 1): ("diverged", 2), (1, 2): ("diverged", 0), (2, 1): ("collapsed", 4)}
STUDIES = {
    "ordinary": study(
        [
            ("sgd", 0.01, {"momentum": 0.9, "nesterov": True, "batch_size": 10}),
            ("sgd", 0.1, {"momentum": 0.0, "nesterov": False, "batch_size": 10}),
            ("adam", 0.01, {"momentum": None, "nesterov": None, "batch_size": 32}),
        ],
        statuses=STATUSES,
    ),
    "all diverged": study(
        [("sgd", 0.1, {}), ("sgd", 0.2, {})],
        seeds=1,
        statuses={(0, 1): ("diverged", 2), (1, 1): ("diverged", 0)},
    ),
}


@pytest.mark.parametrize("case", STUDIES)
def test_a_spanish_figure_shares_no_words_with_an_english_one_but_names(case):
    english, spanish = (texts(*STUDIES[case], language) for language in ("en", "es"))
    for name, found in spanish.items():
        for text in set(found) & set(english[name]):
            words = {word.casefold() for word in re.findall(r"[^\W\d_][\w-]*", text)}
            assert words <= SHARED, f"{name}: {text!r}"


def test_thousands_are_set_apart_without_a_comma_in_spanish():
    assert WORDING.count(12345) == "12,345"
    assert replace(WORDING, language="es").count(12345) == "12\N{NO-BREAK SPACE}345"


def test_one_of_a_thing_is_said_in_the_singular():
    for language, words in (("en", ("1 point of", "1 epoch")), ("es", ("1 punto de", "1 época"))):
        wording = replace(WORDING, language=language)
        said = wording.plateau(0.01), wording.parameter("epochs", "1")
        assert all(word in text for word, text in zip(words, said, strict=True))
    assert "0.5 points of" in WORDING.plateau(0.005)


def test_a_message_without_a_translation_is_an_error():
    with pytest.raises(KeyError):
        replace(WORDING, language="es").say("nobody has said this")


@pytest.mark.parametrize(("validation", "on_test"), [("test", True), ("10000", False)])
def test_every_figure_with_a_choice_says_whether_it_was_made_on_the_test_set(validation, on_test):
    wording = replace(WORDING, validation=validation)
    drawings = dict(figures_of_study(tables_of(*STUDIES["ordinary"]), wording))
    for name in CHOICES:
        note = drawings[name]().get_supxlabel().replace("\n", " ")
        assert wording.choice in note, name
        assert ("test set" in note) == on_test, name


CHOICES = ("sensitivity", "heatmap", "best_settings", "pairs", "best_of", "time_to_target")
CHOICES += ("confusion", "mistakes")
