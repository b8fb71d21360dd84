"""All figures of a study, and their files."""

import multiprocessing
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from lr_atlas.figures import drawn, style
from lr_atlas.figures.curves import curves
from lr_atlas.figures.settings import describe_settings
from lr_atlas.figures.shown_settings import of_settings
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

Drawing = Callable[[], Figure]

RESOLUTION = 300  # of PNG files, in dots per inch


def figures_of_study(tables: StudyTables, wording: Wording) -> Iterator[tuple[str, Drawing]]:
    """Yield (name, function that draws it) for every figure.

    The name of a setting's curves is "curves/" and its slug. The figures of a large study show a
    selection, see `shown_settings`. A figure that has nothing to show says why.
    """
    for name in drawn.figures():
        yield name, partial(drawn.draw, name, tables, wording)
    shown, _ = of_settings(tables, wording)
    settings = describe_settings(shown.runs, wording)
    for setting in settings["setting"]:
        yield (
            f"curves/{setting}",
            partial(curves, shown.epochs, shown.runs, setting, wording, settings),
        )


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
