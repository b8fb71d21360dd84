"""Draw all figures of a study into their files."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from lr_atlas.common.figure_formats import FORMATS, NOT_DRAWN
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
    selection, see `shown_settings`. A figure that has nothing to show says why; pages leave out one
    that makes no sense of the study's data, such as of classes where there are none, and one of
    what was not asked to be recorded.
    """
    for name, figure in drawn.figures().items():
        if figure.fits(wording.metric) and drawn.has_content(name, tables):
            yield name, partial(drawn.draw, name, tables, wording)
        else:
            # Since a rule promises its files.
            yield name, partial(not_drawn, wording)
    shown, _ = of_settings(tables, wording)
    settings = describe_settings(shown.runs, wording)
    for setting in settings["setting"]:
        yield (
            f"curves/{setting}",
            partial(curves, shown.epochs, shown.runs, setting, wording, settings),
        )


def save_figures(
    drawings: list[tuple[str, Drawing]],
    directory: Path,
    formats: Collection[str] = FORMATS,
    processes: int = 1,
) -> None:
    """Draw the figures of `figures_of_study` and write them into `directory`.

    Each as `save_figure` does. That many `processes` share them, each taking the next when it has
    drawn one; the files are the same as with one.
    """
    tasks = [(draw, directory / name, formats) for name, draw in drawings]
    if processes == 1:
        for task in tasks:
            _draw(*task)
    else:
        # This executor lets its processes end by themselves. A Pool ends them by a signal, which
        # they may get just before they wait for good.
        with ProcessPoolExecutor(processes, get_context("fork")) as pool:
            list(pool.map(_draw, *zip(*tasks, strict=True)))


@style.themed
def not_drawn(wording: Wording) -> Figure:
    """Return what stands in the place of a figure that makes no sense of a study's data."""
    reason = wording.say(
        "This study has nothing for this figure: what it would show was not measured."
    )
    figure = style.in_words(wording.study, reason, "")
    figure.set_gid(NOT_DRAWN)
    return figure


def _draw(draw: Drawing, path: Path, formats: Collection[str]) -> None:
    save_figure(draw(), path, formats)


def save_figure(figure: Figure, path: Path, formats: Collection[str] = FORMATS) -> None:
    """Write the figure as `path` with .svg, .pdf and .png added, or with some of these.

    A file of another format is removed, since it would show what was drawn before. The PNG has 300
    dots per inch. The same figure gives the same bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    files = {kind: path.with_name(f"{path.name}.{kind}") for kind in FORMATS}
    for kind in set(FORMATS) - set(formats):
        files[kind].unlink(missing_ok=True)
    with style.theme("paper"):  # of which the file formats' settings alone matter here
        # `savefig` would do the layout anew for each file, and draw the figure each time for it.
        engine = figure.get_layout_engine()
        assert engine is not None
        engine.execute(figure)
        figure.set_layout_engine("none")
        if "svg" in formats:
            FigureCanvasSVG(figure).print_svg(files["svg"], metadata={"Date": None})
        if "pdf" in formats:
            FigureCanvasPdf(figure).print_pdf(files["pdf"], metadata={"CreationDate": None})
        if "png" in formats:
            figure.set_dpi(RESOLUTION)
            FigureCanvasAgg(figure).print_png(files["png"], metadata={"Software": None})
