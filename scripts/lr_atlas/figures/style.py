"""How figures look: the colours, names and order of optimizers, set once for every study."""

import functools
import hashlib
import textwrap
from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
import seaborn
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

#: name -> (name to display, colour), in the order in which figures list them. The colours of SGD,
#: RMSprop and Adam are Okabe and Ito's; the others were chosen to stay apart from all before them
#: in simulated protanopia, deuteranopia and tritanopia (Machado et al. 2009) and from the red of
#: a diverged run.
_OPTIMIZERS = {
    "sgd": ("SGD", "#0072B2"),
    "asgd": ("ASGD", "#2D2D80"),
    "rprop": ("Rprop", "#777777"),
    "adagrad": ("Adagrad", "#6600CC"),
    "adadelta": ("Adadelta", "#56B4E9"),
    "rmsprop": ("RMSprop", "#009E73"),
    "adam": ("Adam", "#E69F00"),
    "adamax": ("Adamax", "#93B86F"),
    "adamw": ("AdamW", "#800020"),
    "nadam": ("NAdam", "#D287E8"),
    "radam": ("RAdam", "#591F4B"),
    "adafactor": ("Adafactor", "#8C6D46"),
}
_OTHER_COLOURS = ("#5C7A29", "#B56576", "#52796F", "#6D6875", "#7F5539")

#: parameter -> how it is said with its value; any other is "name value".
_PARAMETERS = {
    "epochs": "{} epochs",
    "hidden": "hidden layers {}",
    "alpha": "decay {}",
    "lr_decay": "learning rate decay {}",
    "eps": "epsilon {}",
    "pixels": "pixels {}",
    "validation": "validation {}",
}

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

_NOTE_CHARACTERS_PER_INCH = 16.5
_TITLE_CHARACTERS_PER_INCH = 10.0
_LABEL_CHARACTERS = 42

_THEME = {
    **seaborn.axes_style("whitegrid"),
    "font.sans-serif": ["DejaVu Sans"],  # comes with Matplotlib, so every machine has it
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.edgecolor": "0.6",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "0.9",
    "legend.fontsize": 8.5,
    "legend.title_fontsize": 8.5,
    "legend.frameon": False,
    "lines.solid_capstyle": "butt",
    "hatch.linewidth": 0.6,
    # Text as wide at any resolution, so that the layout fits the SVG and the PNG alike.
    "figure.dpi": 150,
    "savefig.dpi": 150,
    "text.hinting": "none",
    "svg.hashsalt": "lr-atlas",
    "svg.fonttype": "path",
}


def themed(function: Callable) -> Callable:
    """Make the function run under the project's theme, without leaving a trace of it outside."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with matplotlib.rc_context(_THEME):
            return function(*args, **kwargs)

    return wrapper


def optimizer_name(optimizer: str) -> str:
    """Return the name to display; of a dotted path its last part."""
    return _OPTIMIZERS.get(optimizer, (optimizer.rpartition(".")[2],))[0]


def optimizer_rank(optimizer: str) -> tuple[int, str]:
    """Return a sort key: torch's optimizers in a fixed order, then all others by name."""
    names = list(_OPTIMIZERS)
    return (names.index(optimizer) if optimizer in _OPTIMIZERS else len(names), optimizer)


def optimizer_colour(optimizer: str) -> str:
    """Return the colour of an optimizer, the same in every figure of every study."""
    if optimizer in _OPTIMIZERS:
        return _OPTIMIZERS[optimizer][1]
    digest = hashlib.sha256(optimizer.encode()).digest()
    return _OTHER_COLOURS[digest[0] % len(_OTHER_COLOURS)]


def shade(colour: str, level: float) -> str:
    """Mix the colour with white (level -1) or black (level 1); level 0 leaves it as it is."""
    target = np.zeros(3) if level > 0 else np.ones(3)
    share = 0.5 * abs(level)
    return to_hex((1 - share) * np.array(to_rgb(colour)) + share * target)


def parameter_label(name: str, text: str) -> str:
    """Say a parameter with its value, as a reader would."""
    return _PARAMETERS.get(name, name.replace("_", " ") + " {}").format(text)


def wrap(label: str) -> str:
    """Break a label into lines, after a comma unless a part is too long for a line."""
    kept_together = label.replace(" ", "\N{NO-BREAK SPACE}").replace(",\N{NO-BREAK SPACE}", ", ")
    lines = textwrap.fill(kept_together, _LABEL_CHARACTERS, break_on_hyphens=False)
    return lines.replace("\N{NO-BREAK SPACE}", " ")


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of `width` by `height` inches, unknown to pyplot."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def describe(figure: Figure, title: str, note: str) -> None:
    """Put a title above everything and a note on n and method below, broken into lines."""
    width = figure.get_figwidth()
    title = textwrap.fill(title, int(width * _TITLE_CHARACTERS_PER_INCH))
    note = textwrap.fill(note, int(width * _NOTE_CHARACTERS_PER_INCH))
    figure.suptitle(title, x=0.01, ha="left", size=11, weight="bold")
    figure.supxlabel(note, x=0.01, ha="left", size=8, color=NOTE)


def diverged_handle(label: str) -> Line2D:
    """Return the legend entry of diverged runs."""
    return Line2D([], [], linestyle="", label=label, **cross())


def cross(size: float = 7) -> dict[str, Any]:
    """Return how the marker of a diverged run looks, as arguments of `Axes.plot`."""
    return {"marker": "x", "color": DIVERGED, "markersize": size, "markeredgewidth": 1.8}
