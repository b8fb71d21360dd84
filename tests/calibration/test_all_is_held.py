"""Each interval in a table and each finding stands in the list of what holds it."""

import re

import pytest
from whole_runs import PROJECT

from lr_atlas.analysis.findings import kinds
from lr_atlas.config.claims import KINDS
from lr_atlas.tables.study_tables import COLUMNS

TEXT = (PROJECT / "docs" / "analysis.md").read_text(encoding="utf-8")
(HELD,) = re.findall(r"^## What is printed, and what holds it$(.*?)^## ", TEXT, re.M | re.S)
INTERVALS = [
    (table, column.removesuffix("low").rstrip("_"))
    for table, columns in COLUMNS.items()
    for column in columns
    if column == "low" or column.endswith("_low")
]


@pytest.mark.parametrize(("table", "of"), INTERVALS)
def test_every_interval_of_a_table_is_held_by_a_simulation(table, of):
    of = of.replace("test_accuracy", "test_<metric>")
    assert f"`{of}`" in HELD or f"`{table}`" in HELD


@pytest.mark.parametrize("code", kinds())
def test_every_finding_has_a_simulation_or_infers_nothing(code):
    assert f"`{code}`" in HELD


def test_every_kind_of_claim_is_simulated_at_its_border():
    simulated = (PROJECT / "tests" / "calibration" / "simulated_claims.py").read_text("utf-8")
    named = set(re.findall(r'"claim": "(\w+)"', simulated)) | {"overfits", "collapses"}
    assert named == set(KINDS)
