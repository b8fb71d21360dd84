"""Data sets known by name, a file for each: it holds DATASET, and says what it is.

Files whose names begin with an underscore are helpers of several.
"""

import importlib
from pathlib import Path

from lr_atlas.data.dataset import Dataset


def datasets() -> dict[str, Dataset]:
    """Return the data sets of this folder by the names of their files."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    return {name: importlib.import_module(f"{__name__}.{name}").DATASET for name in names}


def description(name: str) -> str:
    """Return the first line of a data set's file: what it is."""
    return (importlib.import_module(f"{__name__}.{name}").__doc__ or "").splitlines()[0]
