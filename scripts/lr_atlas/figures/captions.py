"""Captions of figures for Snakemake's report, which reads each from a file."""

import inspect
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.safe_files import read_plain
from lr_atlas.figures.drawn import figures


def write_captions(folder: Path) -> None:
    """Write the caption of every figure as `<figure>.rst` into `folder`."""
    for name, figure in figures().items():
        path = folder / f"{name}.rst"
        caption = (inspect.cleandoc(figure.caption) + "\n").encode("utf-8")
        # Every start comes by here, and on some disks a new file takes its time.
        if not path.is_file() or read_plain(path) != caption:
            with open_atomically(path) as file:
                file.write(caption)
