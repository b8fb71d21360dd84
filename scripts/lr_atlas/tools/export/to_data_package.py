"""A study as a data package (frictionless): every table as CSV, with a description per column.

The descriptor is plain JSON by the published specification (Data Package 1 and 2 have the parts
that are used here in common), so that no package is needed to write it.
"""

import json
import re
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.units import counted
from lr_atlas.tables.column_texts import NUMBER, TABLES, TEXT, TRUTH, WHOLE, ColumnText, described
from lr_atlas.tools.export.finished_study import FinishedStudy, atlas_version, read_table

DESCRIPTOR = "datapackage.json"
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")
#: Tells rows apart, where one column does.
_KEYS = {"runs": "run", "measures": "run", "summary": "setting", "optimizers": "optimizer"}


def write(study: FinishedStudy, folder: Path, _final: Path) -> list[str]:
    """Write all tables of a study with their descriptor, and return what to say of it."""
    resources = [_resource(study, name, path, folder) for name, path in study.table_files.items()]
    title = study.answer.get("title") or study.name
    descriptor = {
        "profile": "tabular-data-package",
        "name": _NOT_IN_NAMES.sub("-", study.name.lower()).strip("-._") or "study",
        "title": str(title),
        "description": "\n\n".join(
            filter(None, (str(study.answer.get("description") or ""), study.sentence))
        ),
        "version": atlas_version(),
        "keywords": ["learning rate", "optimizer", study.metric.title],
        "resources": resources,
    }
    text = json.dumps(descriptor, indent=1, ensure_ascii=False) + "\n"
    (folder / DESCRIPTOR).write_text(text, encoding="utf-8")
    columns = sum(len(each["schema"]["fields"]) for each in resources)
    return [f"{counted(len(resources), 'table')} with {counted(columns, 'described column')}"]


def _resource(study: FinishedStudy, name: str, path: Path, folder: Path) -> dict[str, Any]:
    """Write a table as CSV and return what the descriptor says of it."""
    file = folder / f"{name}.csv"
    table = _written(study, name, path, file)
    fields = [_field(study, name, column, table[column]) for column in table]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    key = _KEYS.get(name)
    if key in table and not table[key].duplicated().any():
        schema["primaryKey"] = [key]
    return {
        "profile": "tabular-data-resource",
        "name": _NOT_IN_NAMES.sub("-", name.lower()),
        "path": file.name,
        "description": TABLES.get(name, f"The table {name}."),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file.stat().st_size,
        "schema": schema,
    }


def _written(study: FinishedStudy, name: str, path: Path, file: Path) -> pd.DataFrame:
    """Write a table as CSV, and return it as CSV has it; the study's own file where it serves.

    A Table Schema has its own words for what is infinite.
    """
    table = read_table(path)
    own = study.folder / f"{name}.csv"
    numbers = table.select_dtypes("number").astype(float)
    if own.is_file() and not np.isinf(numbers.to_numpy()).any():
        shutil.copyfile(own, file)
    else:
        infinite = {np.inf: "INF", -np.inf: "-INF"}
        plain = table.astype(dict.fromkeys(table.select_dtypes("float"), object)).replace(infinite)
        plain.to_csv(file, index=False)
    return table


def _field(study: FinishedStudy, table: str, column: str, values: pd.Series) -> dict[str, Any]:
    parameters = parameters_of(study.runs)
    found = described(table, column, study.metric, parameters)
    text = found or ColumnText(f"{column}: as the runs' files have it", "")
    return {
        "name": column,
        "type": _type(values, text.kind),
        "description": f"{text.text[0].upper()}{text.text[1:]}.",
        **({"unit": text.unit} if text.unit else {}),
    }


def parameters_of(runs: pd.DataFrame) -> Collection[str]:
    """Return the columns of a table of runs that are parameters: those before the seed."""
    columns = list(runs)
    begin = columns.index("learning_rate") + 1
    return columns[begin : columns.index("seed")] if "seed" in columns[begin:] else []


def _type(values: pd.Series, kind: str) -> str:
    """Return the type of a column: what is said of it, unless its values are another."""
    there = values.dropna()
    if not len(there):
        return kind or "any"
    if pd.api.types.is_bool_dtype(there) or there.map(lambda each: isinstance(each, bool)).all():
        return TRUTH
    if pd.api.types.is_numeric_dtype(there):
        is_whole = pd.api.types.is_integer_dtype(there)
        return kind if kind == NUMBER else WHOLE if is_whole else NUMBER
    return TEXT
