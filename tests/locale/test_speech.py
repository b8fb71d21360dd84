"""Messages are said in a language, with its numbers, its plurals and its words."""

import pytest

from lr_atlas.locale import catalogue, speech
from lr_atlas.locale.language_names import codes

CATALOGUE = """\
msgid ""
msgstr ""
"Language: xx\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"X-Name: Made up\\n"
"X-Decimal: ,\\n"
"X-Thousands: U+00A0\\n"

msgid "{mean:.2f} % in {runs} of {name}"
msgstr "{name}: {mean:.2f} % en {runs}"

msgid "{count} run"
msgid_plural "{count} runs"
msgstr[0] "{count} ejecución"
msgstr[1] "{count} ejecuciones"

msgid "final"
msgstr "final"

msgctxt "of a run"
msgid "ended"
msgstr "terminada"
"""


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    (tmp_path / "catalogue.xx.po").write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setattr("lr_atlas.locale.language_names.FOLDER", tmp_path)
    caches = catalogue.language, catalogue.translations
    yield
    for each in caches:
        each.cache_clear()


def test_a_message_is_said_with_the_numbers_of_its_language(made_up):
    def text():
        return speech.say(
            "{mean:.2f} % in {runs} of {name}", mean=88.5, runs=1000, name="sgd-lr0.1"
        )

    assert text() == "88.50 % in 1000 of sgd-lr0.1"
    with speech.speaking("xx"):
        assert text() == "sgd-lr0.1: 88,50 % en 1000"
        assert speech.numeral("12,345.6 points") == "12\u00a0345,6 points"
        assert speech.say("{a:g} and {b}", a=0.001, b=True) == "0,001 and True"
    assert speech.numeral("12,345.6 points") == "12,345.6 points"


@pytest.mark.parametrize(
    ("count", "english", "made_up_words"),
    [
        (1, "1 run", "1 ejecución"),
        (3, "3 runs", "3 ejecuciones"),
        (2.5, "2.5 runs", "2,5 ejecuciones"),
    ],
)
def test_a_message_that_counts_takes_the_form_of_its_language(
    made_up, count, english, made_up_words
):
    assert speech.say_counted("{count} run", "{count} runs", count) == english
    with speech.speaking("xx"):
        assert speech.say_counted("{count} run", "{count} runs", count) == made_up_words


def test_a_word_may_depend_on_what_it_is_said_about_and_what_is_unknown_stays_english(made_up):
    with speech.speaking("xx"):
        assert speech.say_about("of a run", "ended") == "terminada"
        assert speech.say("ended") == "ended"
        assert speech.say_word("") == ""
        assert speech.say_word("ended") == "ended"
    assert speech.say_about("of a run", "ended") == "ended"


def test_a_language_is_one_file(made_up):
    assert codes() == ["en", "xx"]
    found = catalogue.language("xx")
    assert (found.name, found.decimal, found.thousands) == ("Made up", ",", "\u00a0")
    assert found.messages["{count} runs"] == "{count} ejecuciones"
    assert "ended" not in found.messages
