"""The figures say every message in every language, and nothing beside the messages."""

import ast
import importlib
import re
import string
from dataclasses import replace
from pathlib import Path

import pytest
from figure_tables import study, tables_of
from matplotlib.text import Text
from said_messages import messages as all_messages

from lr_atlas.data.datasets import DATASETS
from lr_atlas.figures import drawn, style
from lr_atlas.figures.study import figures_of_study
from lr_atlas.figures.wording import Wording
from lr_atlas.locale.catalogue import languages
from lr_atlas.locale.language import SOURCE
from lr_atlas.studies.metric_columns import metrics, title_of

FIGURES = Path(style.__file__).parent
WORDING = Wording("name-of-study", validation="test", loss="cross_entropy", dataset="fashion_mnist")
CLASS_NAMES = {name for name in DATASETS["fashion_mnist"].class_names if not name.isdigit()}
OTHERS = [language for code, language in languages().items() if code != SOURCE.code]
COMPLETE = [language for language in OTHERS if language.is_complete]
SPANISH = languages()["es"]
# Names, which are the same in all languages.
NAMES = {"k", "n", "t", "name-of-study", "momentum", "nesterov", "sgd", "adam", "lion"}
NAMES |= {"kaplan", "meier", "rmsprop", "summary", "pairs", "csv", "adamw", "softmax", "lanczos"}
NAMES |= {
    "cohen",
    "dodge",
    "tang",
    "sivaprasad",
    "et",
    "al",
    "beta",
    "lr",
    "m",
    "history",
    "model",
    "pt",
}
NAMES |= {"kaplan", "meier", "rmsprop", "summary", "pairs", "csv"}
NAMES |= {"bouthillier", "casella", "dinneen", "fieller", "fleiss", "jansen", "mcculloch"}
NAMES |= {"mcnemar", "owen", "satterthwaite", "searle", "shrout", "smith", "student", "summers"}
NAMES |= {
    "welch",
    "wortsman",
    "al",
    "aoas",
    "arxiv",
    "beta",
    "doi",
    "emnist",
    "et",
    "fastai",
    "idx",
}
NAMES |= {"torch"}

of_all = pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.code)
of_complete = pytest.mark.parametrize("language", COMPLETE, ids=lambda language: language.code)


def shared_words(language):
    return NAMES | set(language.shared_words.split())


def calls_of_say(folder=FIGURES, name="*"):
    """(file and line, call) of every place that says something, in the files of that name."""
    for path in sorted(folder.rglob(f"{name}.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("say", "of_metric", "of_things")
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
        given |= {"metric"} if call.func.attr == "of_metric" else set()
        if None not in given:  # else some come from a dict
            assert given == placeholders(message.value), place
    assert names_of_classes == 2  # and those of images, which are said of other things too


def messages(*where):
    calls = [call for _, call in calls_of_say(*where) if isinstance(call.args[0], ast.Constant)]
    of_images = {call.args[0].value for call in calls if call.func.attr == "of_things"}
    of_others = {text.replace("image", each) for text in of_images for each in ("row", "example")}
    return {call.args[0].value for call in calls} | of_others


def messages_of_metrics():
    """Return the messages about each metric of a study, and what the metrics are called."""
    titles = {title_of(metric) for metric in metrics().values()}
    return titles | {text.replace("{metric}", title) for text in messages() for title in titles}


def texts_of(name):
    """Return title, reading and the paragraphs of the caption of a figure."""
    figure = drawn.figures()[name]
    return {figure.title, figure.reading, *drawn.paragraphs(figure.caption)}


def translations_beside_figures():
    """{figure: {code: {message: translation}}} of the figures that bring some of their own."""
    modules = {
        name: importlib.import_module(f"{drawn.__name__}.{name}") for name in drawn.figures()
    }
    return {name: getattr(module, "TRANSLATIONS", {}) for name, module in modules.items()}


@of_complete
def test_every_message_has_a_translation(language):
    of_figures = set()
    for name, own in translations_beside_figures().items():
        said = messages(FIGURES / "drawn", name)
        assert said - set(language.with_more(own).messages) == set(), name
        of_figures |= said
    shared = {text for path in FIGURES.glob("*.py") for text in messages(FIGURES, path.stem)}
    assert (shared | CLASS_NAMES) - set(language.messages) == set()


@of_all
def test_no_translation_is_left_over_or_stands_twice(language):
    known = messages() | all_messages() | CLASS_NAMES | messages_of_metrics()
    assert set(language.messages) - known == set()
    for name, own in translations_beside_figures().items():
        mine = set(own.get(language.code, {}))
        assert mine - messages(FIGURES / "drawn", name) - texts_of(name) == set(), name
        assert mine & set(language.messages) == set(), name
        assert set(own) <= set(languages()), name


@of_all
def test_a_translation_has_the_values_and_the_lines_of_its_message(language):
    for own in translations_beside_figures().values():
        language = language.with_more(own)
    for message, translation in language.messages.items():
        assert placeholders(translation) == placeholders(message), message
        assert translation.count("\n") == message.count("\n"), message
        assert translation.endswith(".") == message.endswith("."), message
        assert translation.strip() == translation != "", message
        words, same = (
            set(re.findall(r"[^\W\d_]+", re.sub(r"{[^}]+}|`[^`]+`", "", text).casefold()))
            for text in (message, translation)
        )
        assert words & same <= shared_words(language), message


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


@of_complete
@pytest.mark.parametrize("case", STUDIES)
def test_a_translated_figure_shares_no_words_with_an_english_one_but_names(case, language):
    english, translated = (texts(*STUDIES[case], spoken) for spoken in (SOURCE, language))
    for name, found in translated.items():
        for text in set(found) & set(english[name]):
            words = {word.casefold() for word in re.findall(r"[^\W\d_][\w-]*", text)}
            assert words <= shared_words(language), f"{name}: {text!r}"


def test_thousands_are_set_apart_without_a_comma_in_spanish():
    assert WORDING.count(12345) == "12,345"
    assert replace(WORDING, language=SPANISH).count(12345) == "12\N{NO-BREAK SPACE}345"


def test_one_of_a_thing_is_said_in_the_singular():
    said_in = {SOURCE: ("1 point of", "1 epoch"), SPANISH: ("1 punto de", "1 época")}
    for language, words in said_in.items():
        wording = replace(WORDING, language=language)
        said = wording.plateau(0.01), wording.parameter("epochs", "1")
        assert all(word in text for word, text in zip(words, said, strict=True))
    assert "0.5 points of" in WORDING.plateau(0.005)


def test_a_message_without_a_translation_is_said_in_english():
    wording = replace(WORDING, language=SPANISH)
    assert wording.say("{n} of a kind", n=3) == "3 of a kind"
    more = wording.with_more({"es": {"{n} of a kind": "{n} de una clase"}, "fr": {}})
    assert (more.say("{n} of a kind", n=3), more.say("epoch")) == ("3 de una clase", "época")


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
