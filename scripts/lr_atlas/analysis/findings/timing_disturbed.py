"""Epochs of one run, or runs of one setting, took very different times.

Found when: the seconds of an epoch scatter by more than 10 % within a run (by its quartiles), or a
run's median is that far above the fastest of its setting

What to do: compare epochs or images, or time on a quiet machine
"""

from lr_atlas.analysis.curve_ends import disturbed_runs
from lr_atlas.analysis.finding import NOTE, Finding, Findings, Seen
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, say, say_word

TITLE, SEVERITY, PLACE = mark("timings are disturbed"), NOTE, 90


def find(seen: Seen) -> Findings:
    """Yield one finding if there are such runs, with the worst of them."""
    disturbed = disturbed_runs(seen.epochs)
    if disturbed.empty:
        return
    worst = disturbed.sort_values("scatter").iloc[-1]
    runs = len(seen.epochs[["setting", "seed"]].drop_duplicates())
    yield Finding(
        say(
            "In {disturbed} of {runs} the seconds of an epoch scatter by more than a tenth; most "
            "in {setting}, seed {seed}: by {scatter:.0f} %.",
            disturbed=len(disturbed),
            runs=counted(runs, "run"),
            setting=worst["setting"],
            seed=worst["seed"],
            scatter=100 * worst["scatter"],
        ),
        say(
            "Compare epochs or {things} instead of seconds, or train anew with --cores 1 on a "
            "quiet machine.",
            things=say_word(seen.metric.things),
        ),
    )
