"""Looks at a study outlive its tables, and nothing but another set of seeds is a further one."""

import json
import shutil

from whole_runs import executed, snakemake

TABLES = [f"results/studies/tiny/{name}" for name in ("pairs.csv", "looks.csv", "summary.md")]


def test_more_seeds_are_a_further_look_and_tables_made_anew_are_none(results, edited):
    kept = results / "results" / "looks" / "tiny.json"
    (first,) = json.loads(kept.read_text())
    assert first["seeds"] == [[0, 1]]
    before = _texts(results)
    config = edited("seeds: 2", "seeds: 3")
    assert snakemake(*TABLES, directory=results, config=config).returncode == 0
    (series,) = json.loads(kept.read_text())
    assert series["seeds"] == [[0, 1], [0, 1, 2]]
    again = _texts(results)
    assert "**Looked at again:** this is look 2, at 3 seeds after 2." in again[2]
    # The tables are lost, the looks are not.
    shutil.rmtree(results / "results" / "studies")
    assert snakemake(*TABLES, directory=results, config=config).returncode == 0
    assert _texts(results) == again
    # Two seeds were looked at before all others.
    assert "analyse" in executed(snakemake(*TABLES, directory=results))
    assert _texts(results) == before
    assert json.loads(kept.read_text()) == [series]


def _texts(results):
    return [(results / path).read_text() for path in TABLES]
