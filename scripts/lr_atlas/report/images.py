"""The figures of a study within its page: as data URIs, so that they are part of the file."""

import base64
import gzip
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from lr_atlas.common.figure_formats import FORMATS, NOT_DRAWN
from lr_atlas.common.safe_files import read_plain
from lr_atlas.figures.drawn import figures
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric

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
    formats: Sequence[str] = ("svg",)  # in which it lies there

    @property
    def packed(self) -> str:
        """Return an SVG, compressed for the page's script to unpack; empty for another picture."""
        beginning = svg_uri("")
        if not self.uri.startswith(beginning):
            return ""
        return packed(unquote(self.uri.removeprefix(beginning)))

    @property
    def files(self) -> list[str]:
        """Return its files, relative to the page."""
        return [f"{self.file}.{kind}" for kind in self.formats]


def read_images(
    paths: Iterable[Path], metric: StudyMetric = ACCURACY, unit: str = "epoch"
) -> list[Image]:
    """Return the figures in SVG files that fit a study, in the order of a page.

    metric: of the study, which titles name. unit: epoch or step, which curves go over.
    """
    found = {path.stem: path for path in paths}
    fitting = {name: each for name, each in figures().items() if each.fits(metric)}
    texts = {name: figure.of(metric, unit) for name, figure in fitting.items() if name in found}
    return [
        _image(name, found[name], f"figures/{name}", text.title, text.reading)
        for name, text in texts.items()
        if f'id="{NOT_DRAWN}"'.encode() not in read_plain(found[name])
    ]


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
    text = slim(read_plain(path).decode("utf-8"))
    width, height = size_of(text)
    raster = path.with_suffix(".png")
    too_large = len(text) > LARGEST_SVG and raster.exists()
    uri = png_uri(read_plain(raster)) if too_large else svg_uri(text)
    if too_large and len(uri) > len(svg_uri(text)):
        uri = svg_uri(text)
    formats = [kind for kind in FORMATS if path.with_suffix(f".{kind}").exists()]
    return Image(name, file, title, reading, uri, width, height, formats)


def slim(svg: str) -> str:
    """Return an SVG text without prolog, metadata, comments and line breaks: a tenth less."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    return re.sub(r"\s+", " ", svg).replace("> <", "><").strip()


def size_of(svg: str) -> tuple[int, int]:
    """Return width and height of an SVG's view, in CSS pixels; (0, 0) if it does not say."""
    found = re.search(r'viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"', svg)
    if not found:
        return 0, 0
    width, height = (round(float(value) * 4 / 3) for value in found.groups())
    return width, height


def svg_uri(svg: str) -> str:
    """Return an SVG text as a data URI; shorter than base64, since most of it needs no escape."""
    return "data:image/svg+xml," + quote(svg, safe=" =:/,;'()?!@$*+[]")


def packed(text: str) -> str:
    """Return a text as gzip in base64: a picture takes a fifth of its data URI so."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")


def png_uri(png: bytes) -> str:
    """Return a PNG file's bytes as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
