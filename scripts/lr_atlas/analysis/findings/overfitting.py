"""In most runs of a best setting validation loss rises while training loss falls.

Found when: validation loss rises again while training loss falls, in more than half the runs of an
optimizer's best setting

What to do: fewer epochs, dropout, weight decay
"""

import math

from lr_atlas.analysis.finding import MOST, NOTE, Finding, Findings, Seen
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, say

TITLE, SEVERITY, PLACE = mark("best setting overfits"), NOTE, 40


def find(seen: Seen) -> Findings:
    """Yield each best setting that does so."""
    measured = seen.analysis.measured
    trained = measured[measured["status"] != "diverged"]
    for row in seen.optimizers():
        own = trained[trained["setting"] == row.best_setting]
        overfit = own[own["overfits"].astype(bool)]
        if len(overfit) <= MOST * len(own):
            continue
        epoch = math.ceil(overfit["overfit_epoch"].median())
        rise = overfit["validation_loss_rise"].mean()
        yield Finding(
            say(
                "{setting} overfits in {overfit} of {runs}: validation loss rises from epoch "
                "{epoch} on and ends {rise:.0f} % above its smallest.",
                setting=row.best_setting,
                overfit=len(overfit),
                runs=counted(len(own), "run"),
                epoch=epoch,
                rise=100 * rise,
            ),
            say(
                "Train for about {epochs}, or raise dropout or weight_decay.",
                epochs=counted(epoch, "epoch"),
            ),
            row.optimizer,
            row.best_setting,
        )
