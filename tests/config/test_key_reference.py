"""The tables of all keys that docs/reference/keys.md shows."""

import json

from whole_runs import PROJECT

from lr_atlas.config.key_reference import key_tables

SCHEMA = json.loads((PROJECT / "config.schema.json").read_text(encoding="utf-8"))


def test_every_key_of_a_study_and_every_optimizer_of_torch_has_a_row():
    tables = key_tables(SCHEMA)
    for key in SCHEMA["$defs"]["Study"]["properties"]:
        assert f"\n| `{key}` | " in tables
    for name in ("adam", "sgd", "muon", "lbfgs"):
        assert f"\n| `{name}` | `lr: " in tables


def test_a_row_has_the_default_and_what_the_key_is():
    tables = key_tables(SCHEMA)
    assert "| `dataset` | must be given | The data set" in tables
    assert "| `pixels` | `[0.0, 1.0]` | The range" in tables
    assert "| `margin` | none | " in tables
    assert "| `model` | that of its keys | The network. |" in tables
