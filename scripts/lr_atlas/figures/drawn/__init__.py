"""Figures of a study, a file for each: it draws, and says its title, reading and place.

A figure's module holds FIGURE, a dict of plain values, and `draw(tables, wording)`. The workflow
reads FIGURE without importing the module, since Matplotlib takes a second.
"""

import ast
import functools
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class FigureText:
    """Hold how a figure is presented.

    Attributes:
        title: On the page and in Snakemake's report.
        reading: How to read it, in a sentence or two.
        section: Of Snakemake's report.
        place: On the page; lower numbers first. The first stands beside the answer.
    """

    title: str
    reading: str
    section: str
    place: int


@functools.cache
def figures() -> dict[str, FigureText]:
    """Return the figures of a study by name, in the order of a page.

    Raises ValueError for a module without FIGURE.
    """
    found = {
        path.stem: _text(path)
        for path in Path(__file__).parent.glob("*.py")
        if path.stem != "__init__"
    }
    return dict(sorted(found.items(), key=lambda item: item[1].place))


def draw(name: str, tables: Any, wording: Any) -> Any:
    """Draw a figure from the StudyTables of a study, as a Matplotlib Figure."""
    return importlib.import_module(f"{__name__}.{name}").draw(tables, wording)


def _text(path: Path) -> FigureText:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FIGURE":
            return FigureText(**ast.literal_eval(node.value))
    raise ValueError(f"{path} has no FIGURE")
