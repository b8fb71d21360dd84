"""W&B's table of runs as CSV: a row per run, with its parameters and its final values."""

from dataclasses import replace
from pathlib import Path

from lr_atlas.studies.imported.content import is_text, start_of
from lr_atlas.studies.imported.formats import csv_table
from lr_atlas.studies.imported.formats._text_tables import shape_of
from lr_atlas.studies.imported.raw import Raw
from lr_atlas.studies.imported.registry import Format

_ALWAYS = {"Name", "State"}
#: Columns that W&B exports beside those two, as the user has them shown.
_OFTEN = {"Notes", "User", "Tags", "Created", "Runtime", "Sweep", "ID", "Agent", "Job Type", "Host"}


def recognises(path: Path) -> bool:
    """Return whether a file has the columns that W&B's tables of runs have."""
    if path.is_dir():
        return False
    start = start_of(path)
    shape = shape_of(start) if is_text(start) else None
    return shape is not None and set(shape.names) >= _ALWAYS and bool(_OFTEN & set(shape.names))


def read(path: Path) -> Raw:
    """Read the table. Raises ForeignFileError with the line."""
    raw = csv_table.read(path)
    table = raw.table
    # Charts name runs so. But several runs may have one name.
    run = "Name" if table["Name"].is_unique else "ID" if "ID" in table else "run"
    if run == "run":
        names = table["Name"].astype(str) + " (line " + raw.where["line"].astype(str) + ")"
        table = table.assign(run=names)
    table = table.drop(columns=[name for name in table if name in _OFTEN and name != run])
    return replace(raw, table=table, roles={"run": run, "status": "State"}, by_hand=False)


FORMAT = Format("wandb_runs_table", "W&B's table of runs (CSV)", recognises, read)
