"""Compare a cached run with the same run elsewhere, and find where the two first differ."""

import itertools
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lr_atlas.runs.run_files import DESCRIPTION, DYNAMICS, HISTORY, MODEL
from lr_atlas.runs.run_folders import read_description

#: The files that have to be the same, byte for byte.
COMPARED = (HISTORY, MODEL)

#: These keys of run.json say how the run was made, not what came of it.
CIRCUMSTANCES = ("versions", "machine", "device", "gradients", "trained_in", "data", "code")


@dataclass(frozen=True)
class Difference:
    """The first thing in which a cached run and the recomputed one differ."""

    file: str
    text: str
    epoch: int | None = None
    column: str | None = None
    cached: str | None = None
    recomputed: str | None = None

    def as_dict(self) -> dict:
        """Plain values, for JSON."""
        return asdict(self)


def first_difference(cached: Path, recomputed: Path) -> Difference | None:
    """Compare the folders of a run: history.csv, model.pt, what run.json says came of it, dynamics.

    The recomputed folder is taken to be whole; of the cached one anything may be wrong.
    """
    try:
        return (
            history_difference((cached / HISTORY).read_bytes(), (recomputed / HISTORY).read_bytes())
            or _model_difference(cached / MODEL, recomputed / MODEL)
            or _description_difference(cached, recomputed)
            or _dynamics_difference(cached / DYNAMICS, recomputed / DYNAMICS)
        )
    except OSError as error:
        name = Path(error.filename or cached).name
        return Difference(name, f"{name} cannot be read: {error.strerror}")


def history_difference(cached: bytes, recomputed: bytes) -> Difference | None:
    """Return the first epoch and column in which two contents of history.csv differ."""
    if cached == recomputed:
        return None
    try:
        rows = [line.split(",") for line in cached.decode().splitlines()]
    except UnicodeDecodeError:
        return Difference(HISTORY, f"{HISTORY} is not readable as text")
    columns, *right = [line.split(",") for line in recomputed.decode().splitlines()]
    if rows[:1] != [columns]:
        found = ",".join(rows[0]) if rows else "nothing"
        return Difference(
            HISTORY, f"{HISTORY} is not readable: its first line is not the columns but: {found}"
        )
    for epoch, (row, right_row) in enumerate(zip(rows[1:], right, strict=False), start=1):
        for column, value, right_value in itertools.zip_longest(columns, row, right_row):
            if value != right_value:
                return _cell_difference(epoch, column, value, right_value)
    if len(rows) - 1 != len(right):
        text = f"{HISTORY} has {len(rows) - 1} epochs in the cache, {len(right)} recomputed"
        return Difference(HISTORY, text, epoch=min(len(rows) - 1, len(right)) + 1)
    return Difference(HISTORY, f"the values in {HISTORY} agree, its bytes do not (line ends?)")


def _cell_difference(
    epoch: int, column: str | None, cached: str | None, recomputed: str | None
) -> Difference:
    values = [value if value is not None else "nothing" for value in (cached, recomputed)]
    text = (
        f"{HISTORY}, epoch {epoch}, {column or 'after the last column'}: "
        f"{values[0]} in the cache, {values[1]} recomputed"
    )
    return Difference(HISTORY, text, epoch, column, cached, recomputed)


def _model_difference(cached: Path, recomputed: Path) -> Difference | None:
    if cached.read_bytes() == recomputed.read_bytes():
        return None
    return Difference(MODEL, f"{HISTORY} agrees, {MODEL} differs")


def _dynamics_difference(cached: Path, recomputed: Path) -> Difference | None:
    """Return None for a run of which none were recorded, too: it is of an earlier version."""
    if not cached.is_file() or cached.read_bytes() == recomputed.read_bytes():
        return None
    return Difference(DYNAMICS, f"{HISTORY} and {MODEL} agree, {DYNAMICS} differs")


def _description_difference(cached: Path, recomputed: Path) -> Difference | None:
    found, right = read_description(cached), read_description(recomputed)
    if not found:
        return Difference(DESCRIPTION, f"{DESCRIPTION} is not readable")
    for key, value in right.items():
        if key not in CIRCUMSTANCES and found.get(key) != value:
            values = json.dumps(found.get(key)), json.dumps(value)
            text = f"{DESCRIPTION}, {key}: {values[0]} in the cache, {values[1]} recomputed"
            return Difference(DESCRIPTION, text, None, key, *values)
    return None
