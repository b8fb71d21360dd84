"""The figures of a study within its page: as data URIs, so that they are part of the file."""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

#: name -> (title, how to read it), in the order in which a page shows them. The first stands beside
#: the answer; what n is and how bars and bands were made is written in each figure.
FIGURES = {
    "sensitivity": (
        "Accuracy against learning rate",
        "A wide plateau means that the learning rate hardly matters; a best value at the end of "
        "a line, that the grid ends too early.",
    ),
    "best_settings": (
        "The best setting of each optimizer",
        "Training above validation accuracy, and a validation loss that rises, mean overfitting.",
    ),
    "validation_curves": (
        "Validation accuracy over epochs",
        "A line that still rises at the end was trained too briefly to be judged; lines whose "
        "bands overlap are not told apart by this figure.",
    ),
    "loss_curves": (
        "Training loss over epochs",
        "A learning rate that is too low falls slowly; one that is too high stays high, jumps, or "
        "leaves the figure at the top, where a red cross says that it diverged.",
    ),
    "first_epoch": (
        "Loss during the first epoch",
        "Where divergence begins: the loss rises by decades within some steps, and comes down "
        "again, or the run ends in a red cross.",
    ),
    "heatmap": (
        "Optimizer by learning rate",
        "A difference between cells that is smaller than the spread over seeds is no finding.",
    ),
    "pairs": (
        "Settings in pairs",
        "Bars of all pairs hold together; what is grey may be equal, or may need more seeds.",
    ),
    "best_of": (
        "Expected best of k settings",
        "How good an optimizer is for whoever can try only k settings of this grid.",
    ),
    "time_to_target": (
        "Time to the target accuracy",
        "A run that never reaches it stays in the figure as a miss.",
    ),
    "stability": (
        "Stability against learning rate",
        "Ups and downs of validation accuracy over epochs, and how large they are.",
    ),
    "accuracy_over_time": (
        "Validation accuracy against seconds",
        "Read it upwards at a given time, or to the right at a given accuracy. Seconds are those "
        "of the machine, whatever else ran on it.",
    ),
    "confusion": (
        "Classes of the test images",
        "The chosen settings on the test images, class by class: rows are what an image shows, "
        "columns what the model answers.",
    ),
    "mistakes": (
        "Images that it gets wrong",
        "Those of which it is most certain, of the test images.",
    ),
}

#: An SVG beyond this many bytes is replaced by the PNG beside it, if that is smaller.
LARGEST_SVG = 300_000


@dataclass(frozen=True)
class Image:
    """A figure of a page."""

    name: str
    file: str  # where it lies beside the page, without the ending
    title: str
    reading: str
    uri: str
    width: int  # pixels at its natural size, for the page's layout
    height: int


def read_images(paths: Iterable[Path]) -> list[Image]:
    """The figures in SVG files, in the order of FIGURES, then the others; without empty files."""
    found = {path.stem: path for path in paths if path.stat().st_size}
    names = [name for name in FIGURES if name in found]
    names += [name for name in found if name not in FIGURES]
    titles = {name: (name.replace("_", " ").capitalize(), "") for name in names} | FIGURES
    return [_image(name, found[name], f"figures/{name}", *titles[name]) for name in names]


def read_curves(directory: Path, labels: Mapping[str, str]) -> list[Image]:
    """Return the figures of single settings, of those that have one in the folder.

    labels: what each is called, by its name.
    """
    return [
        _image(name, directory / f"{name}.svg", f"figures/curves/{name}", label, "")
        for name, label in labels.items()
        if (directory / f"{name}.svg").exists()
    ]


def _image(name: str, path: Path, file: str, title: str, reading: str) -> Image:
    text = slim(path.read_text(encoding="utf-8"))
    width, height = size_of(text)
    raster = path.with_suffix(".png")
    too_large = len(text) > LARGEST_SVG and raster.exists()
    uri = png_uri(raster.read_bytes()) if too_large else svg_uri(text)
    if too_large and len(uri) > len(svg_uri(text)):
        uri = svg_uri(text)
    return Image(name, file, title, reading, uri, width, height)


def slim(svg: str) -> str:
    """An SVG text without prolog, metadata, comments and line breaks: a tenth less, and alike."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    return re.sub(r"\s+", " ", svg).replace("> <", "><").strip()


def size_of(svg: str) -> tuple[int, int]:
    """Width and height of an SVG's view, in CSS pixels; (0, 0) if it does not say."""
    found = re.search(r'viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"', svg)
    if not found:
        return 0, 0
    width, height = (round(float(value) * 4 / 3) for value in found.groups())
    return width, height


def svg_uri(svg: str) -> str:
    """An SVG text as a data URI; shorter than base64, since most of it needs no escape."""
    return "data:image/svg+xml," + quote(svg, safe=" =:/,;'()?!@$*+[]")


def png_uri(png: bytes) -> str:
    """A PNG file's bytes as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
