"""All figures of a study, and their files."""

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
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
from lr_atlas.figures.figure_tables import Tables
from lr_atlas.figures.first_epoch import first_epoch
from lr_atlas.figures.heatmap import heatmap
from lr_atlas.figures.mistakes import mistakes
from lr_atlas.figures.pairs import pairwise
from lr_atlas.figures.sensitivity import sensitivity
from lr_atlas.figures.settings import describe_settings
from lr_atlas.figures.shown_settings import settings_with_curves, variants_compared
from lr_atlas.figures.stability import stability
from lr_atlas.figures.time_to_target import time_to_target
from lr_atlas.figures.trajectories import accuracy_over_time, loss_curves, validation_curves
from lr_atlas.figures.wording import Wording

Drawing = Callable[[], Figure]

RESOLUTION = 300  # of PNG files, in dots per inch


def figures_of_study(tables: Tables, wording: Wording) -> Iterator[tuple[str, Drawing]]:
    """Yield (name, function that draws it) for every figure.

    The name of a setting's curves is "curves/" and its slug. The figures of a large study show a
    selection, see `selection`. A figure that has nothing to show says why.
    """
    yield from _over_learning_rates(tables, wording)
    yield from _of_best_settings(tables, wording)
    runs = tables.runs
    yield "pairs", partial(pairwise, tables.pairs, runs, wording)
    yield "best_of", partial(best_of, tables.best_of, wording)
    yield "confusion", partial(confusion, tables.confusion, runs, wording)
    yield "mistakes", partial(mistakes, tables.mistakes, runs, wording)
    yield from _over_epochs(tables, wording)


def _over_learning_rates(tables: Tables, wording: Wording) -> Iterator[tuple[str, Drawing]]:
    shown, note = variants_compared(tables.runs, wording)
    wording = replace(wording, selection=note)
    runs, measures = (_only(table, shown) for table in (tables.runs, tables.measures))
    yield "sensitivity", partial(sensitivity, runs, tables.summary, tables.reported, wording)
    yield "heatmap", partial(heatmap, runs, tables.summary, wording)
    yield "stability", partial(stability, measures, wording)


def _of_best_settings(tables: Tables, wording: Wording) -> Iterator[tuple[str, Drawing]]:
    best = tables.optimizers["best_setting"]
    yield "best_settings", partial(best_settings, tables.epochs, tables.runs, best, wording)
    yield "time_to_target", partial(time_to_target, tables.measures, best, tables.target, wording)


def _over_epochs(tables: Tables, wording: Wording) -> Iterator[tuple[str, Drawing]]:
    shown, note = settings_with_curves(tables.runs, wording)
    runs, epochs = _only(tables.runs, shown), _only(tables.epochs, shown)
    selected = replace(wording, selection=note)
    yield "validation_curves", partial(validation_curves, epochs, runs, selected)
    yield "loss_curves", partial(loss_curves, epochs, runs, selected)
    yield "first_epoch", partial(first_epoch, _only(tables.first_epoch, shown), runs, selected)
    yield "accuracy_over_time", partial(accuracy_over_time, epochs, runs, selected)
    settings = describe_settings(runs, wording)
    for setting in settings["setting"]:
        yield f"curves/{setting}", partial(curves, epochs, runs, setting, wording, settings)


def _only(table: pd.DataFrame, settings: pd.Series) -> pd.DataFrame:
    return table[table["setting"].isin(settings)]


def save_figures(drawings: list[tuple[str, Drawing]], directory: Path, processes: int = 1) -> None:
    """Draw the figures of `figures_of_study` and write them into `directory`.

    Each as `save_figure` does. That many `processes` share them, each taking the next when it has
    drawn one; the files are the same as with one.
    """
    tasks = [(draw, directory / name) for name, draw in drawings]
    if processes == 1:
        for task in tasks:
            _draw(*task)
    else:
        with multiprocessing.Pool(processes) as pool:
            pool.starmap(_draw, tasks, chunksize=1)


def _draw(draw: Drawing, path: Path) -> None:
    save_figure(draw(), path)


def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure as `path` with .svg, .pdf and .png added.

    The PNG has 300 dots per inch. The same figure gives the same bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    svg, pdf, png = (path.with_name(f"{path.name}.{kind}") for kind in ("svg", "pdf", "png"))
    with style.theme("paper"):  # of which the file formats' settings alone matter here
        # `savefig` would do the layout anew for each file, and draw the figure each time for it.
        engine = figure.get_layout_engine()
        assert engine is not None
        engine.execute(figure)
        figure.set_layout_engine("none")
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None})
        FigureCanvasPdf(figure).print_pdf(pdf, metadata={"CreationDate": None})
        figure.set_dpi(RESOLUTION)
        FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
