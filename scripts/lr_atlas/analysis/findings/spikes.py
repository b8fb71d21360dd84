"""The loss of the best setting jumps.

Found when: most runs of an optimizer's best setting have spikes: steps whose loss is more than
seven standard deviations above the mean of the 128 steps before (the spike score of OLMo 2, over a
shorter window)

What to do: a lower learning rate, a warm-up, clipped gradients or a larger batch
"""

from lr_atlas.analysis.dynamics import evaluations, is_recorded
from lr_atlas.analysis.finding import MOST, NOTE, Finding, Findings, Seen
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, say

TITLE, SEVERITY, PLACE = mark("the loss of the best setting jumps"), NOTE, 76


def find(seen: Seen) -> Findings:
    """Yield one for each optimizer of which that is so."""
    if seen.dynamics is None or not is_recorded(seen.dynamics):
        return
    rows = evaluations(seen.dynamics)
    rows = rows[rows["layer"] == 1]
    for row in seen.optimizers():
        mine = rows[rows["setting"] == row.best_setting]
        spikes = mine.groupby("run")["spikes"].sum(min_count=1).dropna()
        if spikes.empty or (spikes > 0).mean() <= MOST:
            continue
        steps = int(mine.groupby("run")["step"].max().sum())
        yield Finding(
            say(
                "{setting}: {spikes} of the loss in {steps:,} steps of {runs}, in {some} of them "
                "at least one. With small batches and a low loss a single hard example is enough.",
                setting=row.best_setting,
                spikes=counted(int(spikes.sum()), "spike"),
                steps=steps,
                runs=counted(len(spikes), "run"),
                some=int((spikes > 0).sum()),
            ),
            say("Where they matter: a lower learning rate, a warm-up or clipped gradients."),
            row.optimizer,
            row.best_setting,
        )
