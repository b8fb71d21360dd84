"""Settings whose runs are the same to the last digit: a parameter without effect.

Found when: settings have the same histories to the last digit

What to do: keep one: a parameter has no effect
"""

from lr_atlas.analysis.curve_ends import equal_histories
from lr_atlas.analysis.finding import NOTE, Finding, Findings, Seen
from lr_atlas.locale.lists import joined
from lr_atlas.locale.speech import mark, say

TITLE, SEVERITY, PLACE = mark("settings with equal runs"), NOTE, 100


def find(seen: Seen) -> Findings:
    """Yield each group of such settings, with the parameters in which they differ."""
    parameters = {run.setting: run.parameters for run in seen.plan.runs}
    for settings in equal_histories(seen.epochs, seen.metric.columns):
        keys = dict.fromkeys(key for name in settings for key in parameters[name])
        values = {key: [parameters[name].get(key) for name in settings] for key in keys}
        differ = [key for key, found in values.items() if any(v != found[0] for v in found)]
        yield Finding(
            say(
                "{settings} have the same histories to the last digit, though they differ in "
                "{parameters}.",
                settings=", ".join(settings),
                parameters=joined(differ),
            ),
            say("Keep one of them: {parameters} has no effect there.", parameters=joined(differ)),
            parameters[settings[0]]["optimizer"],
            settings[0],
        )
