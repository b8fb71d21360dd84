"""The dynamics of runs are collected where they are, and damaged files are named."""

import pandas as pd
import pytest
from study_tables import study_of

from lr_atlas.runs.run_files import DYNAMICS
from lr_atlas.tables.collect_dynamics import collect_dynamics
from lr_atlas.tables.run_reading import CollectError

HEADER = (
    "of,epoch,step,loss,gradient_norm,effective_lr,spikes,clipped,sharpness,"
    "preconditioned_sharpness,threshold,update_ratio.0,update_ratio.2"
)


@pytest.fixture
def plan():
    return study_of([{"name": "sgd", "lr": [0.1, 0.2]}], seeds=1)[1]


def collected(plan, folder, text):
    """The table of a plan of which the first run has the file with this text, the second none."""
    path = folder / plan.runs[0].folder / DYNAMICS
    path.parent.mkdir(parents=True)
    path.write_text(text)
    runs = pd.DataFrame(
        [
            {"run": run.name, "setting": run.setting, "optimizer": "sgd", "learning_rate": 0.1}
            | {"seed": 0, "status": "finished"}
            for run in plan.runs
        ]
    )
    return collect_dynamics(runs, plan, folder)


def test_a_row_of_the_table_is_of_a_layer(plan, tmp_path):
    rows = "evaluation,1,5,2.1,0.5,0.1,,,,,,0.01,\nend,2,6,nan,inf,0.1,,,,,,0.3,0.4\n"
    table = collected(plan, tmp_path, f"{HEADER}\n{rows}")
    assert table["run"].unique().tolist() == [plan.runs[0].name]
    assert table[["of", "step", "layer", "layer_name"]].to_numpy().tolist() == [
        ["evaluation", 5, 1, "0"],
        ["evaluation", 5, 2, "2"],
        ["end", 6, 1, "0"],
        ["end", 6, 2, "2"],
    ]
    assert table["update_ratio"].isna().tolist() == [False, True, False, False]
    assert table["gradient_norm"].tolist() == [0.5, 0.5, float("inf"), float("inf")]
    assert table["sharpness"].isna().all()


def test_runs_without_dynamics_make_an_empty_table(plan, tmp_path):
    table = collected(plan, tmp_path, f"{HEADER}\n")
    assert table.empty
    assert table["step"].dtype == "int64"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("evaluation,1,5,2.1,0.5,0.1,,,,,,0.01", "line 2"),
        ("evaluation,1,0,2.1,0.5,0.1,,,,,,0.01,0.1", "line 2"),
        ("evaluation,1,5,much,0.5,0.1,,,,,,0.01,0.1", "line 2"),
        ("other,1,5,2.1,0.5,0.1,,,,,,0.01,0.1", "line 2"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(plan, tmp_path, row, told):
    with pytest.raises(CollectError, match=rf"dynamics.csv, {told}: .* Delete the folder"):
        collected(plan, tmp_path, f"{HEADER}\n{row}\n")
