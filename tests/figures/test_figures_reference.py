"""Figures look as they did: those of which there is a picture in `reference`, for paper or slides.

An empty file asks for a picture. After a change that is meant, look at the new ones and keep them:

    NEW_REFERENCE_FIGURES=1 python -m pytest tests/figures/test_figures_reference.py
"""

import os
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from figure_tables import study, tables_of
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.testing.compare import compare_images

from lr_atlas.analysis.verdicts import compare_settings
from lr_atlas.figures.study import figures_of_study
from lr_atlas.figures.wording import Wording
from lr_atlas.locale.catalogue import languages

REFERENCES = Path(__file__).parent / "reference"
DOTS_PER_INCH = {"paper": 55, "slides": 31}
# Root mean square of the differences of all pixels, whose values go from 0 to 255. A label that has
# moved or a line in another colour is beyond it, another processor's rounding is not.
TOLERANCE = 1.0

ENTRIES = [
    *(("sgd", rate, {"momentum": 0.0}) for rate in (0.001, 0.01, 0.1, 1.0)),
    *(("sgd", rate, {"momentum": 0.9}) for rate in (0.001, 0.01, 0.1)),
    *(("adam", rate, {"momentum": None}) for rate in (0.001, 0.01, 0.1)),
]
STATUSES = {(3, 1): ("diverged", 2), (3, 2): ("diverged", 0), (8, 3): ("collapsed", 6)}
TABLES = tables_of(
    *study(ENTRIES, epochs=6, statuses=STATUSES), reported=[("sgd-1", 0.975)], target=0.96
)
# With enough seeds to tell some pairs apart, and one of them by far.
_, RUNS = study(ENTRIES, seeds=6, epochs=6, statuses=STATUSES)
RUNS["validation_accuracy"] -= 0.5 * (RUNS["learning_rate"] == 0.001)
TABLES = replace(TABLES, pairs=compare_settings(RUNS))
PAPER = Wording(study="small", validation="10000", loss="cross_entropy", dataset="fashion_mnist")
SLIDES = replace(PAPER, validation="test", style="slides", language=languages()["es"])
WORDINGS = {"paper": PAPER, "slides": SLIDES}
PICTURES = sorted(REFERENCES.glob("*/*.png"))


@pytest.mark.parametrize("reference", PICTURES, ids=lambda picture: picture.stem)
def test_a_figure_looks_as_it_did(reference, tmp_path):
    wording = WORDINGS[reference.parent.name]
    drawings = {name.replace("/", "-"): draw for name, draw in figures_of_study(TABLES, wording)}
    figure = drawings[reference.stem]()
    figure.set_dpi(DOTS_PER_INCH[wording.style])
    drawn = tmp_path / reference.name
    FigureCanvasAgg(figure).print_png(drawn, metadata={"Software": None})
    if os.environ.get("NEW_REFERENCE_FIGURES"):
        reference.write_bytes(drawn.read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # Matplotlib leaves the pictures open
        difference = compare_images(reference, drawn, tol=TOLERANCE)
    assert difference is None, f"{difference}\nIf that is meant: {__doc__.splitlines()[-1].strip()}"


def test_the_reference_pictures_are_small():
    assert len(PICTURES) >= 10
    assert max(picture.stat().st_size for picture in PICTURES) < 50_000
