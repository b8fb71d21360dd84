"""Lists of runs of a study that are missing or ended early, as tables of texts."""

from collections.abc import Sequence

import pandas as pd

from lr_atlas.report.number_text import plain_value
from lr_atlas.runs.missing_runs import log_of
from lr_atlas.studies.grid import Run


def missing_for_reading(missing: Sequence[Run]) -> pd.DataFrame:
    """Return a row of texts for each missing run: setting, seed, epochs, log."""
    columns = ("setting", "seed", "epochs", "log")
    rows = [(run.setting, str(run.seed), str(int(run.epochs)), log_of(run)) for run in missing]
    return pd.DataFrame(rows, columns=columns)


def ended_early(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that diverged or collapsed, with where and why."""
    table = runs[runs["status"] != "finished"]
    return pd.DataFrame(
        {
            "setting": table["setting"],
            "seed": table["seed"].map(str),
            "status": table["status"],
            "epoch": table["diverged_epoch"].map(plain_value),
            "step": table["diverged_step"].map(plain_value),
            "why": table["reason"],
        }
    )
