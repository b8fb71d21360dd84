"""Figures of a study, a file for each: it draws, and says its title, reading, place and caption.

A figure's module holds FIGURE, a dict of plain values, and `draw(tables, wording)`; one of what
not every study records also `has_content(tables)`. The workflow
reads FIGURE without importing the module, since Matplotlib takes a second. TRANSLATIONS, where a
module has it, adds to the messages of languages: {code: {English message: translation}}.
"""

import functools
import importlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lr_atlas.common.plain_constants import plain_constant
from lr_atlas.studies.study_metric import StudyMetric


@dataclass(frozen=True)
class FigureText:
    """Hold how a figure is presented.

    Attributes:
        title: On the page and in Snakemake's report, with {metric}, {Metric} where the study's is
            named, {target} where that of its target is.
        reading: How to read it, in a sentence or two, with the same and {above}: where better is.
        section: The section of Snakemake's report.
        place: On the page; lower numbers first. The first stands beside the answer.
        caption: In Snakemake's report: what is shown, how to read it, its limits; in
            reStructuredText, filled by Jinja with the rule's `snakemake`.
        needs: What a study must have: "classes", "images" with classes, or "steps" that are trained
            here; "" for nothing.
    """

    title: str
    reading: str
    section: str
    place: int
    caption: str
    needs: str = ""

    def of(self, metric: StudyMetric) -> "FigureText":
        """Return it with the words for a study's metric in their places."""
        above = "above" if metric.sign > 0 else "below"
        words = {"metric": metric.title, "Metric": metric.capital, "above": above}
        words["target"] = metric.timed.title
        texts = (metric.message(text) for text in (self.title, self.reading))
        title, reading = (text.format(**words) for text in texts)
        return replace(self, title=title, reading=reading)

    def title_of(self, metric: str) -> str:
        """Return its title, of a metric that is called so."""
        capital = metric[0].upper() + metric[1:]
        return self.title.format(metric=metric, Metric=capital, target=metric)

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


@functools.cache
def figures() -> dict[str, FigureText]:
    """Return the figures of a study by name, in the order of a page.

    Raises ValueError for a module without FIGURE.
    """
    found = {
        path.stem: FigureText(**plain_constant(path, "FIGURE"))
        for path in Path(__file__).parent.glob("*.py")
        if path.stem != "__init__"
    }
    return dict(sorted(found.items(), key=lambda item: item[1].place))


def shared_title(name: str, metrics: Iterable[StudyMetric]) -> str:
    """Return the title of a figure of several studies, which may be of several metrics."""
    return figures()[name].title_of(shared_metric(metrics))


def shared_metric(metrics: Iterable[StudyMetric]) -> str:
    """Return what the metric of several studies is called: "metric" if they have several."""
    titles = {metric.title for metric in metrics}
    return titles.pop() if len(titles) == 1 else "metric"


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
