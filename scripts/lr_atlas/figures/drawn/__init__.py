"""Figures of a study, a file for each: it draws, and says its title, reading, place and caption.

A figure's module holds FIGURE, a dict of plain values, and `draw(tables, wording)`; one of what
not every study records also `has_content(tables)`. The workflow
reads FIGURE without importing the module, since Matplotlib takes a second. TRANSLATIONS, where a
module has it, adds to the messages of languages: {code: {English message: translation}}; those of
a title, a reading and a paragraph of a caption, as `paragraphs` gives it, may stand there too.
"""

import functools
import importlib
import inspect
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lr_atlas.common.plain_constants import plain_constant
from lr_atlas.locale.language import SOURCE
from lr_atlas.locale.speech import mark, say, say_word, spoken
from lr_atlas.studies.study_metric import StudyMetric

#: The sections of Snakemake's report that figures may name.
SECTIONS = (*(mark("1. Settings compared"), mark("2. Learning rate"), mark("3. Test images")),)


@dataclass(frozen=True)
class FigureText:
    """Hold how a figure is presented.

    Attributes:
        title: On the page and in Snakemake's report, with {metric}, {Metric} where the study's is
            named, {target} where that of its target is.
        reading: How to read it, in a sentence or two, with the same and {above}: where better is.
        section: The section of Snakemake's report, in English.
        place: On the page; lower numbers first. The first stands beside the answer.
        caption: In Snakemake's report: what is shown, how to read it, its limits; in
            reStructuredText, filled by Jinja with the rule's `snakemake`.
        needs: What a study must have: "classes", "images" with classes, or "steps" that are trained
            here; "" for nothing.
        name: The name of its module.
    """

    title: str
    reading: str
    section: str
    place: int
    caption: str
    needs: str = ""
    name: str = ""

    def of(self, metric: StudyMetric, unit: str = "epoch") -> "FigureText":
        """Return title and reading in the language that is spoken, said of a study's metric.

        unit: epoch or step, which curves go over.
        """
        above = say("above") if metric.sign > 0 else say("below")
        words = {"metric": metric.called, "Metric": metric.capital, "above": above}
        words["target"] = metric.timed.called
        title, reading = (
            _capital(self._said(metric.message(_over(text, unit))).format(**words))
            for text in (self.title, self.reading)
        )
        return replace(self, title=title, reading=reading)

    def title_of(self, metric: str) -> str:
        """Return its title in the language that is spoken, of a metric by its English title."""
        called = say_word(metric)
        words = {"metric": called, "Metric": _capital(called), "target": called}
        return _capital(self._said(self.title).format(**words))

    def said_caption(self) -> str:
        """Return its caption in the language that is spoken, paragraph by paragraph."""
        if spoken() is SOURCE:
            return inspect.cleandoc(self.caption)
        return "\n\n".join(self._said(each) for each in paragraphs(self.caption))

    def _said(self, text: str) -> str:
        own = {} if spoken() is SOURCE else translations_beside(self.name).get(spoken().code, {})
        return own.get(text) or say_word(text)

    def fits(self, metric: StudyMetric) -> bool:
        """Return whether a study of that metric has what the figure shows."""
        of_classes = metric.task == "classification"
        have = {
            "": True,
            "classes": of_classes,
            "images": of_classes and metric.things == "images",
            "steps": not metric.of_program,
        }
        return have[self.needs]


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a caption, each on one line."""
    return [" ".join(each.split()) for each in inspect.cleandoc(text).split("\n\n")]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _over(text: str, unit: str) -> str:
    """Return a text about figures with the unit that their curves go over."""
    return text.replace(" over epochs", f" over {unit}s")


@functools.cache
def translations_beside(name: str) -> dict[str, dict[str, str]]:
    """Return the translations that a figure's module brings, without importing it."""
    try:
        return plain_constant(Path(__file__).parent / f"{name}.py", "TRANSLATIONS")
    except (OSError, ValueError):
        return {}


@functools.cache
def figures() -> dict[str, FigureText]:
    """Return the figures of a study by name, in the order of a page.

    Raises ValueError for a module without FIGURE.
    """
    found = {
        path.stem: FigureText(**plain_constant(path, "FIGURE"), name=path.stem)
        for path in Path(__file__).parent.glob("*.py")
        if path.stem != "__init__"
    }
    return dict(sorted(found.items(), key=lambda item: item[1].place))


def shared_metric(metrics: Iterable[StudyMetric]) -> str:
    """Return the English title of the metric of several studies: "metric" if they have several."""
    titles = {metric.title for metric in metrics}
    return titles.pop() if len(titles) == 1 else mark("metric")


def has_content(name: str, tables: Any) -> bool:
    """Return whether the tables of a study have what a figure shows.

    Only a figure whose module defines `has_content(tables)` is left out where they have not; any
    other says why it has nothing to show.
    """
    module = importlib.import_module(f"{__name__}.{name}")
    return bool(getattr(module, "has_content", lambda _: True)(tables))


def draw(name: str, tables: Any, wording: Any) -> Any:
    """Draw a figure from the StudyTables of a study, as a Matplotlib Figure."""
    module = importlib.import_module(f"{__name__}.{name}")
    return module.draw(tables, wording.with_more(getattr(module, "TRANSLATIONS", {})))
