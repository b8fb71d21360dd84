"""Texts of users, and tables, as Markdown shows them as they are."""

import re

import pandas as pd

#: Characters that mean something anywhere; an underscore or an ampersand does so only at times.
_INLINE = re.compile(r"[\\`*\[\]<>|~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
#: A line that begins with one of these would be a heading, a list, a quotation or a rule.
_START = re.compile(r"^(?:[#+=-]|\d+(?=[.)]))")


def escaped(text: str) -> str:
    """Return a text on one line, in which nothing is markup."""
    return _INLINE.sub(r"\\\g<0>", " ".join(text.split()))


def heading(text: str) -> str:
    """Return a text as a heading, in which no sign means anything to Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>#|!&~$])", r"\\\1", text)


def paragraph(text: str) -> str:
    """Return a text as a paragraph of its own, in which nothing is markup."""
    text = escaped(text)
    begin = _START.match(text)
    if not begin:
        return text
    marked = begin.end() if begin[0].isdigit() else 0
    return f"{text[:marked]}\\{text[marked:]}"


def markdown_table(table: pd.DataFrame) -> str:
    """Return a table of texts as Markdown, a row per line whatever the cells hold."""
    return table.map(escaped).to_markdown(index=False, disable_numparse=True)
