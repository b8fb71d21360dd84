"""Say messages in the language of the study that a job works at.

A message stands whole in the code, in English, where it is said, with named places for values; the
catalogue of a language has a translation of each. So nothing is put together from words that
another language would order or inflect in another way. Numbers among the values are written as the
language writes them.
"""

import re
import string
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Number
from typing import Any

from lr_atlas.locale.catalogue import language, translations
from lr_atlas.locale.language import SOURCE, Language

#: One job works at one study; who reads results of several studies says them one after the other.
_SPOKEN: ContextVar[str] = ContextVar("spoken", default=SOURCE.code)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Say messages in a language, by its code, until the block ends."""
    before = _SPOKEN.set(code)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def spoken() -> Language:
    """Return the language in which messages are said."""
    return language(_SPOKEN.get())


def say(message: str, /, **values: Any) -> str:
    """Return a message in the language that is spoken, with the values in its places.

    message: a literal, so that a translator's tools find it; places have specifications as in
    str.format. Without a translation it is said in English.
    """
    return _FILLED.vformat(translations(_SPOKEN.get()).gettext(message), (), values)


def say_counted(one: str, many: str, count: float, /, **values: Any) -> str:
    """Return a message in the form that goes with a count, which stands in its place {count}.

    one, many: literals in English, such as "{count} run" and "{count} runs".
    """
    # A language's rule of plurals is one for whole numbers.
    form = int(count) if float(count).is_integer() else 2
    message = translations(_SPOKEN.get()).ngettext(one, many, form)
    return _FILLED.vformat(message, (), {"count": count, **values})


def say_about(context: str, message: str, /, **values: Any) -> str:
    """Return a message whose translation depends on what it is said about.

    context: a few words for the translator, such as "of a run".
    """
    found = translations(_SPOKEN.get()).pgettext(context, message)
    return _FILLED.vformat(found, (), values)


def say_word(word: str) -> str:
    """Return the translation of a word that stands somewhere else, where it is marked; or itself.

    Signs such as { stay as they are.
    """
    return translations(_SPOKEN.get()).gettext(word) if word else ""


def mark(message: str) -> str:
    """Return a message as it is, which `say_word` says later: it belongs into the catalogues."""
    return message


def numeral(text: str) -> str:
    """Return a text with its English numbers as the language writes them: "1,000.5" for "1 000,5".

    text: numbers with or without units; names such as sgd-lr0.1 do not belong into it.
    """
    return _NUMBER.sub(lambda found: _written(found[0]), text)


def _written(number: str) -> str:
    here = spoken()
    if here is SOURCE:
        return number
    whole, *decimals = number.split(".")
    return here.decimal.join([whole.replace(",", here.thousands), *decimals])


class _Filled(string.Formatter):
    """Fill the places of a message, numbers as the language writes them."""

    def format_field(self, value: Any, format_spec: str) -> str:
        text = format(value, format_spec)
        is_number = isinstance(value, Number) and not isinstance(value, bool)
        return numeral(text) if is_number else text


_FILLED = _Filled()
