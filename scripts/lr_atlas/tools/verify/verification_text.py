"""Say on a study's page which runs a verification has recomputed, and with what result."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lr_atlas.common.units import counted
from lr_atlas.runs.provenance import makers_text
from lr_atlas.studies.grid import Plan
from lr_atlas.tools.verify.certificate import SAME, Verification

_COLUMNS = ("setting", "seed", "epochs", "result", "made with", "recomputed with")


def verification_for_reading(
    plan: Plan, verified_at: str, verifications: Sequence[Verification], runs_directory: Path
) -> tuple[str, pd.DataFrame]:
    """Return (a sentence, a table of texts with a row per recomputed run) on the runs of a study.

    verified_at: ISO time. verifications: of the runs of any studies. runs_directory: the folder of
    all runs; where a run's files are no longer those that were compared, the table says so.
    """
    by_run = {(each.run, each.epochs): each for each in verifications}
    rows, same = [], 0
    for run in plan.asked:
        found = by_run.get((run.name, run.epochs))
        if found is None:
            continue
        is_present = found.is_about(runs_directory / run.folder)
        same += found.result == SAME and is_present
        values = (
            *(run.setting, str(run.seed), str(int(run.epochs)), _result(found, is_present)),
            *_makers(found),
        )
        rows.append(dict(zip(_COLUMNS, values, strict=True)))
    when = f"{verified_at[:16].replace('T', ' ')} UTC"
    sentence = (
        f"Recomputed on {when}, elsewhere and from the first epoch on: {len(rows) or 'none'} of "
        f"the {counted(len(plan.asked), 'run')} of this study."
    )
    if rows:
        sentence += f" Compared byte by byte (history.csv and model.pt): {same} of {len(rows)} "
        sentence += "are the same." if same == len(rows) else "are the same; see the table."
    return sentence, pd.DataFrame(rows, columns=_COLUMNS)


def _result(found: Verification, is_present: bool) -> str:
    text = f"{found.result}: {found.where}" if found.where else found.result
    return text if is_present else f"of earlier files, since replaced ({text})"


def _makers(found: Verification) -> tuple[str, str]:
    """Return what made the run, and what recomputed it."""
    made, verified = (
        makers_text(maker) if maker else "not known"
        for maker in (found.made_with, found.verified_with)
    )
    return made, "the same" if made == verified else verified
