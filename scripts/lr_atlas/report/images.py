"""The figures of a study within its page: as data URIs, so that they are part of the file."""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lr_atlas.figures.drawn import figures

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
    """Return the figures in SVG files, in the order of a page; without empty files."""
    found = {path.stem: path for path in paths if path.stat().st_size}
    return [
        _image(name, found[name], f"figures/{name}", figure.title, figure.reading)
        for name, figure in figures().items()
        if name in found
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
    text = slim(path.read_text(encoding="utf-8"))
    width, height = size_of(text)
    raster = path.with_suffix(".png")
    too_large = len(text) > LARGEST_SVG and raster.exists()
    uri = png_uri(raster.read_bytes()) if too_large else svg_uri(text)
    if too_large and len(uri) > len(svg_uri(text)):
        uri = svg_uri(text)
    return Image(name, file, title, reading, uri, width, height)


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


def png_uri(png: bytes) -> str:
    """Return a PNG file's bytes as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
