"""Lists of runs of a study that are missing or ended early, as tables of texts."""

from collections.abc import Sequence

import pandas as pd

from lr_atlas.locale.speech import say
from lr_atlas.report.ending_text import reason_text, status_text
from lr_atlas.report.number_text import plain_value
from lr_atlas.runs.missing_runs import log_of
from lr_atlas.studies.grid import Run


def missing_for_reading(missing: Sequence[Run]) -> pd.DataFrame:
    """Return a row of texts for each missing run: setting, seed, epochs, log."""
    columns = (say("setting"), say("seed"), say("epochs"), say("log"))
    rows = [(run.setting, str(run.seed), str(int(run.epochs)), log_of(run)) for run in missing]
    return pd.DataFrame(rows, columns=columns)


def ended_early(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that diverged or collapsed, with where and why."""
    table = runs[runs["status"] != "finished"]
    return pd.DataFrame(
        {
            say("setting"): table["setting"],
            say("seed"): table["seed"].map(str),
            say("status"): table["status"].map(status_text),
            say("epoch"): table["diverged_epoch"].map(plain_value),
            say("step"): table["diverged_step"].map(plain_value),
            say("why"): table["reason"].map(reason_text, na_action="ignore"),
        }
    )
