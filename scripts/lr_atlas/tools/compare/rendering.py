"""Sections of text for a terminal and as Markdown."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from tabulate import tabulate

#: Columns of text; the others are numbers.
_TEXTS = ("setting", "in B", "optimizer", "A chooses", "B chooses", "changed", "verdict")


@dataclass(frozen=True)
class Section:
    """A part of a text, any part of which may be empty; shown in the order of the fields."""

    title: str
    lead: tuple[str, ...] = ()  # sentences
    items: tuple[tuple[str, str], ...] = ()  # a word and what is said of it
    table: pd.DataFrame | None = None  # of texts
    notes: tuple[str, ...] = ()  # sentences
    level: int = 2


def as_text(sections: Sequence[Section], width: int) -> str:
    """Return plain text; `width`: characters of a line, which tables alone may exceed."""
    parts = []
    for section in sections:
        line = "=" if section.level == 1 else "-"
        lines = [section.title, line * len(section.title), *_wrapped(section.lead, width)]
        lines += [""] if section.lead else []
        indent = max((len(word) for word, _ in section.items), default=0) + 2
        for word, text in section.items:
            lines += _wrapped((word.ljust(indent) + text,), width, " " * indent)
        if section.table is not None:
            lines.append(_table(section.table, "simple"))
        parts.append("\n".join([*lines, *_wrapped(section.notes, width)]))
    return "\n\n".join(parts) + "\n"


def as_markdown(sections: Sequence[Section]) -> str:
    """Return Markdown, with the same words."""
    parts = []
    for section in sections:
        parts += [
            f"{'#' * section.level} {section.title}",
            " ".join(section.lead),
            "\n".join(f"- {word}: {text}" for word, text in section.items),
            "" if section.table is None else _table(section.table, "pipe"),
            " ".join(section.notes),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _wrapped(sentences: Sequence[str], width: int, indent: str = "") -> list[str]:
    # Names hold hyphens, and are to be found and copied whole.
    return textwrap.wrap(
        " ".join(sentences),
        width,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _table(table: pd.DataFrame, form: str) -> str:
    """Return a table of texts, without the columns that are empty."""
    table = table.loc[:, (table != "").any()]
    return tabulate(
        table.to_numpy().tolist(),
        list(table.columns),
        form,
        disable_numparse=True,
        colalign=["left" if name in _TEXTS else "right" for name in table],
    )
