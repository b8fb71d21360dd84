"""Tables of runs from elsewhere, made the tables of a study."""

import numpy as np
import pytest

from lr_atlas.tables.imported.imported import Columns
from lr_atlas.tables.imported.registry import read_files
from lr_atlas.tables.imported.roles import identify


def imported(folder, text, name="runs.csv", **columns):
    path = folder / name
    path.write_text(text)
    return identify(read_files([path]), Columns(**columns))


def test_a_long_table_becomes_runs_and_epochs(tmp_path):
    rows = [
        f"{optimizer},{rate},{seed},{epoch},{0.5 + epoch / 10 + seed / 100}"
        for optimizer, rate in (("sgd", "1e-1"), ("sgd", "0.01"), ("adam", "0.001"))
        for seed in (1, 0)
        for epoch in (1, 2, 3)
    ]
    found = imported(tmp_path, "optimizer,lr,seed,epoch,val_acc\n" + "\n".join(rows))
    assert list(found.parameters) == ["adam-lr0.001", "sgd-lr0.01", "sgd-lr0.1"]
    assert found.runs["seed"].tolist() == [0, 1] * 3
    assert found.metric.name == "accuracy"
    assert found.runs["validation_accuracy"].tolist() == pytest.approx([0.8, 0.81] * 3)
    assert found.epochs["epoch"].tolist() == [1, 2, 3] * 6
    assert np.isnan(found.runs["chance"]).all()
