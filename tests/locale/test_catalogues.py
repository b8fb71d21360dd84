"""Every message is translated in the catalogue of each complete language."""

import re
import string

import polib
import pytest
from said_messages import messages, said

from lr_atlas.locale.catalogue import languages
from lr_atlas.locale.language_names import catalogue_file

OTHERS = [each for code, each in languages().items() if code != "en"]
COMPLETE = [each for each in OTHERS if each.is_complete]
of_all = pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.code)
of_complete = pytest.mark.parametrize("language", COMPLETE, ids=lambda language: language.code)
#: Texts within figures are looked at in tests/figures/test_figures_language.py.
DRAWN = re.compile(r"figures/(?!captions|drawn/__init__)[\w/]+\.py:")
BESIDE_FIGURES = {each.place for each in said() if not DRAWN.match(each.place)}


def places_of(message):
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_a_message_is_a_literal_and_gets_the_values_that_it_names():
    for place, call, literals, values in said():
        # Counted things are put together; beside, they are marked as a whole.
        if place not in BESIDE_FIGURES or place.startswith("locale/"):
            continue
        if call in ("mark", "said"):
            values = None
        if call == "say_counted":
            literals, values = literals[:2], values if values is None else values | {"count"}
        elif call == "say_about":
            literals = literals[1:]
        assert None not in literals, place
        for message in literals:
            named = places_of(message)
            assert values is None or named == values, place


@of_complete
def test_every_message_is_translated(language):
    entries = polib.pofile(catalogue_file(language.code))
    translated = {
        text
        for entry in entries
        if entry.translated()
        for text in (entry.msgid, entry.msgid_plural)
        if text
    }
    missing = {
        text
        for each in said()
        if each.place in BESIDE_FIGURES
        for text in (each.literals[1:2] if each.call == "say_about" else each.literals)
        if text is not None
    } - translated
    assert missing == set()


@of_all
def test_a_translation_has_the_places_of_its_message_and_stands_once(language):
    seen = set()
    for entry in polib.pofile(catalogue_file(language.code)):
        assert (entry.msgctxt, entry.msgid) not in seen, entry.msgid
        seen.add((entry.msgctxt, entry.msgid))
        forms = entry.msgstr_plural or {0: entry.msgstr}
        for text in forms.values():
            assert places_of(text) - {"count"} == places_of(entry.msgid) - {"count"}, entry.msgid
            assert text.strip() == text != "", entry.msgid
            assert text.endswith(".") == entry.msgid.endswith("."), entry.msgid
        if entry.msgid_plural:
            assert entry.msgid_plural in messages(), entry.msgid
