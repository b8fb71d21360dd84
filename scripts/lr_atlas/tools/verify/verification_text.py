"""Say on a study's page which runs a verification has recomputed, and with what result."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import say, say_about
from lr_atlas.runs.provenance import makers_text
from lr_atlas.studies.grid import Plan
from lr_atlas.tools.verify.certificate import DIFFERENT, FAILED, SAME, Verification


def verification_for_reading(
    plan: Plan, verified_at: str, verifications: Sequence[Verification], runs_directory: Path
) -> tuple[str, pd.DataFrame]:
    """Return (a sentence, a table of texts with a row per recomputed run) on the runs of a study.

    verified_at: ISO time. verifications: of the runs of any studies. runs_directory: the folder of
    all runs; where a run's files are no longer those that were compared, the table says so.
    """
    columns = (
        *(say("setting"), say("seed"), say("epochs"), say("result")),
        *(say("made with"), say("recomputed with")),
    )
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
        rows.append(dict(zip(columns, values, strict=True)))
    sentences = [_recomputed(verified_at, len(rows), counted(len(plan.asked), "run"))]
    if rows:
        sentences.append(_compared(same, len(rows)))
    return " ".join(sentences), pd.DataFrame(rows, columns=columns)


def _recomputed(verified_at: str, count: int, runs: str) -> str:
    when = f"{verified_at[:16].replace('T', ' ')} UTC"
    if not count:
        return say(
            "Recomputed on {when}, elsewhere and from the first epoch on: none of the {runs} of "
            "this study.",
            when=when,
            runs=runs,
        )
    return say(
        "Recomputed on {when}, elsewhere and from the first epoch on: {count} of the {runs} of "
        "this study.",
        when=when,
        count=count,
        runs=runs,
    )


def _compared(same: int, count: int) -> str:
    if same == count:
        return say(
            "Compared byte by byte (history.csv and model.pt): {same} of {count} are the same.",
            same=same,
            count=count,
        )
    return say(
        "Compared byte by byte (history.csv and model.pt): {same} of {count} are the same; see the "
        "table.",
        same=same,
        count=count,
    )


def _result(found: Verification, is_present: bool) -> str:
    words = {
        SAME: say_about("of a recomputed run", "same"),
        DIFFERENT: say_about("of a recomputed run", "different"),
        FAILED: say_about("of a recomputed run", "failed"),
    }
    result = words[found.result]
    text = f"{result}: {found.where}" if found.where else result
    return text if is_present else say("of earlier files, since replaced ({result})", result=text)


def _makers(found: Verification) -> tuple[str, str]:
    """Return what made the run, and what recomputed it."""
    made, verified = (
        makers_text(maker) if maker else say("not known")
        for maker in (found.made_with, found.verified_with)
    )
    return made, say("the same") if made == verified else verified
