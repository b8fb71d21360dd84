"""Count the runs of a setting that answer each test image rightly: seeds crossed with images."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

#: data: the images of the same name are those of the same data.
_TYPES = {"setting": "str", "data": "str", "image": "int32", "runs": "int32", "right": "int32"}


def right_answers(
    answered: Iterable[tuple[str, np.ndarray]], labels: np.ndarray, data: str
) -> pd.DataFrame:
    """Return a row per setting and test image: by how many of its runs it is answered rightly.

    answered: the setting of each run, and its class of each image; of a run that diverged, which
    answers nothing, no class: it is not counted. labels: of the images. data: tells them from those
    of other variants of the data.
    """
    right: dict[str, np.ndarray] = {}
    runs: dict[str, int] = {}
    for setting, predicted in answered:
        if len(predicted):
            right[setting] = right.get(setting, 0) + (predicted == labels)
            runs[setting] = runs.get(setting, 0) + 1
    tables = [
        pd.DataFrame(
            {
                "setting": setting,
                "data": data,
                "image": np.arange(len(labels)),
                "runs": runs[setting],
                "right": counts,
            }
        )
        for setting, counts in right.items()
    ]
    return joined(tables)


def joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of right answers as one; without any it has its columns and no row."""
    rows = [table for table in tables if len(table)]
    found = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(_TYPES))
    return found.astype(_TYPES)
