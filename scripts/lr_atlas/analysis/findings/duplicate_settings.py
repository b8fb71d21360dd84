"""Settings whose runs are the same to the last digit: a parameter without effect.

Found when: settings have the same histories to the last digit

What to do: keep one: a parameter has no effect
"""

from lr_atlas.analysis.curve_ends import equal_histories
from lr_atlas.analysis.finding import NOTE, Finding, Findings, Seen

TITLE, SEVERITY, PLACE = "settings with equal runs", NOTE, 100


def find(seen: Seen) -> Findings:
    """Yield each group of such settings, with the parameters in which they differ."""
    parameters = {run.setting: run.parameters for run in seen.plan.runs}
    for settings in equal_histories(seen.epochs, seen.metric.columns):
        keys = dict.fromkeys(key for name in settings for key in parameters[name])
        values = {key: [parameters[name].get(key) for name in settings] for key in keys}
        differ = [key for key, found in values.items() if any(v != found[0] for v in found)]
        yield Finding(
            f"{', '.join(settings)} have the same histories to the last digit, though they "
            f"differ in {' and '.join(differ)}.",
            f"Keep one of them: {' and '.join(differ)} has no effect there.",
            parameters[settings[0]]["optimizer"],
            settings[0],
        )
