"""All figures of a study, and their files."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from lr_atlas.figures import style
from lr_atlas.figures.curves import curves
from lr_atlas.figures.heatmap import heatmap
from lr_atlas.figures.sensitivity import sensitivity
from lr_atlas.figures.settings import Wording, describe_settings
from lr_atlas.figures.trajectories import accuracy_over_time, validation_curves


def figures_of_study(
    epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording
) -> Iterator[tuple[str, Figure]]:
    """Yield (name, figure) for every figure; the name of a setting's is "curves/" and its slug."""
    yield "validation_curves", validation_curves(epochs, runs, wording)
    yield "sensitivity", sensitivity(runs, wording)
    yield "heatmap", heatmap(runs, wording)
    yield "accuracy_over_time", accuracy_over_time(epochs, runs, wording)
    settings = describe_settings(runs)
    for setting in settings["setting"]:
        yield f"curves/{setting}", curves(epochs, runs, setting, wording, settings)


@style.themed
def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure as `path` with .svg and .png added: the same bytes for the same figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    svg, png = (path.with_name(f"{path.name}.{kind}") for kind in ("svg", "png"))
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # the layout is done: not once more for each file
    figure.savefig(svg, metadata={"Date": None})
    figure.savefig(png, metadata={"Software": None})
