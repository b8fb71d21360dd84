"""All figures of a study, and their files."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from lr_atlas.figures import style
from lr_atlas.figures.curves import curves
from lr_atlas.figures.heatmap import heatmap
from lr_atlas.figures.selection import best_settings, best_variants
from lr_atlas.figures.sensitivity import sensitivity
from lr_atlas.figures.settings import Wording, describe_settings
from lr_atlas.figures.trajectories import accuracy_over_time, validation_curves


def figures_of_study(
    epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording
) -> Iterator[tuple[str, Figure]]:
    """Yield (name, figure) for every figure; the name of a setting's is "curves/" and its slug.

    Those of a large study show a selection, see `selection`.
    """
    compared, note = best_variants(runs)
    of_variants = runs[runs["setting"].isin(compared)], replace(wording, selection=note)
    yield "sensitivity", sensitivity(*of_variants)
    yield "heatmap", heatmap(*of_variants)
    drawn, note = best_settings(runs)
    runs, epochs = (table[table["setting"].isin(drawn)] for table in (runs, epochs))
    selected = replace(wording, selection=note)
    yield "validation_curves", validation_curves(epochs, runs, selected)
    yield "accuracy_over_time", accuracy_over_time(epochs, runs, selected)
    settings = describe_settings(runs)
    for setting in settings["setting"]:
        yield f"curves/{setting}", curves(epochs, runs, setting, wording, settings)


@style.themed
def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure as `path` with .svg and .png added: the same bytes for the same figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    svg, png = (path.with_name(f"{path.name}.{kind}") for kind in ("svg", "png"))
    # `savefig` would do the layout once more for each file, and draw the figure each time for it.
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine("none")
    FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None})
    FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
