"""Set how figures look: colours, names and order of optimizers, once for every study.

Sizes in the code are those of a design 9 inches wide with letters of 9 points. A style is a scale
on it, for the figure as a whole and for its letters and strokes: for print the figure is made as
wide as a page's text, for slides with the proportions of a screen, with larger letters and thicker
strokes.
"""

import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import seaborn
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

DIVERGED = "#D00000"
NOTE = "#555555"
DASHES = (
    "-",
    (0, (5, 2)),
    (0, (1, 1.2)),
    (0, (5, 1.5, 1, 1.5)),
    (0, (9, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "<", ">", "p", "h")

_WIDTH = 9.0  # of the design, in inches
_LETTERS = 9.0  # of the design, in points
_STROKE = 1.6  # of the design, in points
_NOTE_CHARACTERS_PER_INCH = 16.0
_TITLE_CHARACTERS_PER_INCH = 10.0
_LEGEND_CHARACTERS_PER_INCH = 15.0
_HANDLE_CHARACTERS = 7
_LABEL_CHARACTERS = 42

#: Inches of text that two panels above each other need for the labels of their y axes.
TWO_PANELS = 5.0


@dataclass(frozen=True)
class Scale:
    """A style: how much larger than the design the whole is, and within it letters and strokes."""

    whole: float
    letters: float
    strokes: float
    height: float  # of the axes, so that larger letters do not crowd them
    aspect: float | None = None  # width by height, of every figure; None: as its content needs


_SCALES = {
    "paper": Scale(whole=0.8, letters=1.0, strokes=1.0, height=1.0),
    "slides": Scale(whole=1.4, letters=1.3, strokes=1.4, height=1.0, aspect=16 / 9),
}

#: The style of the context that is entered last, see `theme`.
_PRESENT = ContextVar("style", default=_SCALES["paper"])

_THEME = {
    **seaborn.axes_style("whitegrid"),
    "font.sans-serif": ["DejaVu Sans"],  # comes with Matplotlib, so every machine has it
    "axes.titlelocation": "left",
    "axes.edgecolor": "0.6",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "0.9",
    "legend.frameon": False,
    "lines.solid_capstyle": "butt",
    # Text as wide at any resolution, so that one layout fits all files.
    "figure.dpi": 300,
    "savefig.dpi": 300,
    "text.hinting": "none",
    "text.parse_math": False,  # a dollar sign in a name or value of the user begins no formula
    "svg.hashsalt": "lr-atlas",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,  # letters stay letters: journals refuse Matplotlib's default
}


@contextmanager
def theme(style: str) -> Iterator[None]:
    """Make a context in which figures have the style "paper" or "slides"."""
    scale = _SCALES[style]
    letters, strokes = scale.whole * scale.letters, scale.whole * scale.strokes
    sizes = {
        "font.size": _LETTERS * letters,
        "axes.titlesize": 10 * letters,
        "legend.fontsize": 8.5 * letters,
        "legend.title_fontsize": 8.5 * letters,
        "lines.linewidth": _STROKE * strokes,
        "lines.markersize": 6 * strokes,
        "axes.linewidth": 0.8 * strokes,
        "grid.linewidth": 0.8 * strokes,
        "hatch.linewidth": 0.6 * strokes,
        "axes.labelpad": 4 * letters,
        "axes.titlepad": 6 * letters,
        "xtick.major.pad": 3.5 * letters,
        "ytick.major.pad": 3.5 * letters,
        "figure.figsize": (_WIDTH * scale.whole, _WIDTH / 2 * scale.whole * scale.height),
        "figure.constrained_layout.h_pad": 0.042 * scale.whole,
        "figure.constrained_layout.w_pad": 0.042 * scale.whole,
    }
    before = _PRESENT.set(scale)
    try:
        with matplotlib.rc_context(_THEME | sizes):
            yield
    finally:
        _PRESENT.reset(before)


def themed(function: Callable[..., Figure]) -> Callable[..., Figure]:
    """Make a figure's function run in the style of its `wording`, and without leaving a trace.

    A `wording` without titles takes that of the figure away.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Figure:
        wording = signature.bind(*args, **kwargs).arguments["wording"]
        with theme(wording.style):
            figure = function(*args, **kwargs)
        if not wording.titles:
            figure.suptitle("").set_in_layout(False)
        return figure

    return wrapper


def letters(size: float) -> float:
    """Return in points what letters of that size in the design have in the present style."""
    return size * matplotlib.rcParams["font.size"] / _LETTERS


def strokes(size: float) -> float:
    """Return in points what a line or marker of that size in the design has in this style."""
    return size * matplotlib.rcParams["lines.linewidth"] / _STROKE


def crowding() -> float:
    """Return how much larger letters are in this style, beside the figure, than in the design."""
    width = matplotlib.rcParams["figure.figsize"][0]
    return letters(_WIDTH) / width


def wrap(label: str, characters: float = _LABEL_CHARACTERS) -> str:
    """Break a label into lines, after a comma unless a part is too long for a line.

    `characters` is how many fit into a line of the design; larger letters are fewer.
    """
    characters /= crowding()
    parts = [
        part.replace(" ", "\N{NO-BREAK SPACE}") if len(part) < characters else part
        for part in label.split(", ")
    ]
    return _fill(", ".join(parts), characters).replace("\N{NO-BREAK SPACE}", " ")


def new_figure(width: float, height: float, text: float = 0.0) -> Figure:
    """Return an empty figure, unknown to pyplot.

    `width` and `height` are in inches of the design; the figure is made high enough for `text`
    inches of text beside the axes. One with the proportions of a screen has them whatever the
    `height`, and is made larger as a whole where the text needs it.
    """
    whole, scaled = (
        size / design
        for size, design in zip(
            matplotlib.rcParams["figure.figsize"], (_WIDTH, _WIDTH / 2), strict=True
        )
    )
    aspect = _PRESENT.get().aspect
    if aspect is None:
        size = width * whole, max(height * scaled, text * letters(1))
    else:
        across = max(width * whole, text * letters(1) * aspect)
        size = across, across / aspect
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def describe(figure: Figure, title: str, note: str) -> None:
    """Put a title above everything and a note on n and method below, broken into lines."""
    width = figure.get_figwidth() / letters(1)
    title = _fill(title, width * _TITLE_CHARACTERS_PER_INCH)
    note = _fill(note, width * _NOTE_CHARACTERS_PER_INCH)
    figure.suptitle(title, x=0.01, ha="left", size=letters(11), weight="bold", parse_math=False)
    if note:
        figure.supxlabel(note, x=0.01, ha="left", size=letters(8), color=NOTE, parse_math=False)


def _fill(text: str, characters: float) -> str:
    return textwrap.fill(text, int(characters), break_on_hyphens=False)


def in_words(title: str, reason: str, note: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = new_figure(9, 2.4)
    axes = figure.subplots()
    axes.axis("off")
    text = _fill(reason, 70 / crowding())
    place: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "va": "center"}
    axes.text(0.5, 0.5, text, size=letters(11), color=NOTE, **place)
    describe(figure, title, note)
    return figure


def columns(handles: Sequence[Artist]) -> int:
    """Return the columns of a legend that is to be no wider than the figure."""
    widths = [len(str(handle.get_label())) + _HANDLE_CHARACTERS for handle in handles]
    room = _WIDTH * _LEGEND_CHARACTERS_PER_INCH / crowding()
    for count in range(len(handles), 1, -1):
        # Matplotlib fills column after column; each is as wide as its widest entry.
        filled = np.array_split(widths, count)
        if sum(map(max, filled)) <= room:
            return count
    return 1


def diverged_handle(label: str) -> Line2D:
    """Return the legend entry of diverged runs."""
    return Line2D([], [], linestyle="", label=label, **cross())


def cross(size: float = 7) -> dict[str, Any]:
    """Return how the marker of a diverged run looks, as arguments of `Axes.plot`."""
    return {
        "marker": "x",
        "color": DIVERGED,
        "markersize": strokes(size),
        "markeredgewidth": strokes(1.8),
    }


def star(colour: str, size: float = 15) -> dict[str, Any]:
    """Return how the marker of an optimizer's best setting looks, for `Axes.plot`."""
    return {
        "marker": "*",
        "linestyle": "",
        "color": colour,
        "markersize": strokes(size),
        "markeredgecolor": "white",
        "markeredgewidth": strokes(0.8),
    }
