"""All figures of a study, and their files."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from lr_atlas.figures import style
from lr_atlas.figures.best_of import best_of
from lr_atlas.figures.best_settings import best_settings
from lr_atlas.figures.classes import confusion
from lr_atlas.figures.curves import curves
from lr_atlas.figures.heatmap import heatmap
from lr_atlas.figures.mistakes import mistakes
from lr_atlas.figures.pairs import pairwise
from lr_atlas.figures.selection import settings_with_curves, variants_compared
from lr_atlas.figures.sensitivity import sensitivity
from lr_atlas.figures.settings import describe_settings
from lr_atlas.figures.stability import stability
from lr_atlas.figures.tables import Tables
from lr_atlas.figures.time_to_target import time_to_target
from lr_atlas.figures.trajectories import accuracy_over_time, validation_curves
from lr_atlas.figures.wording import Wording

RESOLUTION = 300  # of PNG files, in dots per inch


def figures_of_study(tables: Tables, wording: Wording) -> Iterator[tuple[str, Figure]]:
    """Yield (name, figure) for every figure; the name of a setting's is "curves/" and its slug.

    Those of a large study show a selection, see `selection`. A figure that has nothing to show
    says why.
    """
    yield from _over_learning_rates(tables, wording)
    yield from _of_best_settings(tables, wording)
    yield "pairs", pairwise(tables.pairs, tables.runs, wording, tables.optimizers["best_setting"])
    yield "best_of", best_of(tables.best_of, wording)
    yield "confusion", confusion(tables.confusion, tables.runs, wording)
    names = describe_settings(tables.runs, wording).set_index("setting")["label"]
    chosen = names.get(tables.mistakes.setting, tables.mistakes.setting)
    yield "mistakes", mistakes(tables.mistakes, chosen, wording)
    yield from _over_epochs(tables.epochs, tables.runs, wording)


def _over_learning_rates(tables: Tables, wording: Wording) -> Iterator[tuple[str, Figure]]:
    shown, note = variants_compared(tables.runs, wording)
    wording = replace(wording, selection=note)
    runs, measures = (_only(table, shown) for table in (tables.runs, tables.measures))
    yield "sensitivity", sensitivity(runs, tables.summary, tables.reported, wording)
    yield "heatmap", heatmap(runs, tables.summary, wording)
    yield "stability", stability(measures, wording)


def _of_best_settings(tables: Tables, wording: Wording) -> Iterator[tuple[str, Figure]]:
    best = tables.optimizers["best_setting"]
    epochs, runs, measures = (
        _only(table, best) for table in (tables.epochs, tables.runs, tables.measures)
    )
    yield "best_settings", best_settings(epochs, runs, wording)
    yield "time_to_target", time_to_target(measures, tables.target, wording)


def _over_epochs(
    epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording
) -> Iterator[tuple[str, Figure]]:
    shown, note = settings_with_curves(runs, wording)
    runs, epochs = _only(runs, shown), _only(epochs, shown)
    selected = replace(wording, selection=note)
    yield "validation_curves", validation_curves(epochs, runs, selected)
    yield "accuracy_over_time", accuracy_over_time(epochs, runs, selected)
    settings = describe_settings(runs, wording)
    for setting in settings["setting"]:
        yield f"curves/{setting}", curves(epochs, runs, setting, wording, settings)


def _only(table: pd.DataFrame, settings: pd.Series) -> pd.DataFrame:
    return table[table["setting"].isin(settings)]


def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure as `path` with .svg, .pdf and .png added.

    The PNG has 300 dots per inch. The same figure gives the same bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    svg, pdf, png = (path.with_name(f"{path.name}.{kind}") for kind in ("svg", "pdf", "png"))
    with style.theme("paper"):  # of which the file formats' settings alone matter here
        # `savefig` would do the layout anew for each file, and draw the figure each time for it.
        figure.get_layout_engine().execute(figure)
        figure.set_layout_engine("none")
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None})
        FigureCanvasPdf(figure).print_pdf(pdf, metadata={"CreationDate": None})
        figure.set_dpi(RESOLUTION)
        FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
