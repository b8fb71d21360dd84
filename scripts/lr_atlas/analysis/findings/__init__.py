"""A linter for studies: what stands in the way of an answer, a file for each kind of finding.

The file's name is the code of its findings. It holds TITLE, a heading; SEVERITY; PLACE, in tables
and on pages, lower numbers first; and `find(seen)`, which yields them. Its docstring says when
they are found and what to do, for the table in docs/findings.md, which `make schema` writes.
"""

import functools
import importlib
from pathlib import Path
from types import ModuleType

import pandas as pd

from lr_atlas.analysis.finding import Finding, Seen
from lr_atlas.tables.study_tables import COLUMNS


@functools.cache
def kinds() -> dict[str, ModuleType]:
    """Return the modules of this folder by code, in the order of their places."""
    codes = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    found = {code: importlib.import_module(f"{__name__}.{code}") for code in codes}
    return dict(sorted(found.items(), key=lambda kind: kind[1].PLACE))


def findings(seen: Seen) -> list[Finding]:
    """Return the findings about a study, in the order of the codes."""
    return [
        found._replace(code=code, severity=kind.SEVERITY)
        for code, kind in kinds().items()
        for found in kind.find(seen)
    ]


def findings_table(seen: Seen) -> pd.DataFrame:
    """Return the findings as texts, with the columns of findings.csv."""
    rows = [found._asdict() for found in findings(seen)]
    return pd.DataFrame(rows, columns=list(COLUMNS["findings"]))
