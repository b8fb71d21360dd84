"""The catalogues of messages, one for each language: `catalogue.<code>.po` beside this file.

They are gettext's, which every editor of translations opens. The text between the header's lines is
what people who translate should know.
"""

import functools
import gettext
import io

from lr_atlas.locale.language import SOURCE, Language
from lr_atlas.locale.language_names import catalogue_file, codes, language_header


@functools.cache
def translations(code: str) -> gettext.NullTranslations:
    """Return the messages of a language; of English, in which they stand in the code, none."""
    if code == SOURCE.code:
        return gettext.NullTranslations()
    # Most jobs speak English, and need no reader of catalogues.
    import polib

    return gettext.GNUTranslations(io.BytesIO(polib.pofile(catalogue_file(code)).to_binary()))


@functools.cache
def language(code: str) -> Language:
    """Return a language by its code."""
    if code == SOURCE.code:
        return SOURCE
    import polib

    said = language_header(code)
    messages = {}
    for entry in polib.pofile(catalogue_file(code)):
        # Figures say nothing that depends on what it is said about.
        forms = () if entry.msgctxt else filter(None, (entry.msgid, entry.msgid_plural))
        for form in forms:
            messages[form] = entry.msgstr or entry.msgstr_plural.get(int(form != entry.msgid), "")
    return Language(
        code,
        name=said["X-Name"],
        other_words=said.get("X-Other-Words", ""),
        decimal=said.get("X-Decimal", SOURCE.decimal),
        thousands=_sign(said.get("X-Thousands", SOURCE.thousands)),
        shared_words=said.get("X-Shared-Words", ""),
        is_complete=said.get("X-Complete", "yes") == "yes",
        messages={message: text for message, text in messages.items() if text},
    )


def languages() -> dict[str, Language]:
    """Return all languages by code."""
    return {code: language(code) for code in codes()}


def _sign(text: str) -> str:
    """Return a sign that is written as it is, or, where it cannot be seen, as U+00A0."""
    return chr(int(text[2:], 16)) if text.startswith("U+") else text
