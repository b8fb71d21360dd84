"""The noise of runs in a sentence for people, and as plain values for programs."""

from collections.abc import Sequence
from typing import Any

from lr_atlas.analysis.power import MOST_SEEDS, POWER
from lr_atlas.tools.judge.judged_runs import JudgedRuns, all_notes, in_brackets
from lr_atlas.tools.judge.judgement_text import finite
from lr_atlas.tools.judge.noise_floor import Known, NoiseFloor

#: The sentence names these numbers of runs.
_SAID = (3, 5, 10)


def noise_lines(
    floors: Sequence[NoiseFloor], judged: JudgedRuns, difference: float | None
) -> list[str]:
    """Return a sentence for each group, and one more on the runs that are planned."""
    return [line for floor in floors for line in _lines(floor, judged, difference)]


def noise_values(
    floors: Sequence[NoiseFloor], judged: JudgedRuns, level: float, difference: float | None
) -> dict[str, Any]:
    """Return the noise as JSON has it; what is not known is None."""
    return {
        "sentence": " ".join(noise_lines(floors, judged, difference)),
        "metric": judged.metric,
        "better_is": "higher" if judged.imported.metric.sign > 0 else "lower",
        "by": judged.by,
        "level": level,
        "power": POWER,
        "difference": difference,
        "groups": [_values(floor) for floor in floors],
        "notes": all_notes(judged),
    }


def _lines(floor: NoiseFloor, judged: JudgedRuns, difference: float | None) -> list[str]:
    metric = judged.imported.metric
    low, high = (metric.number(each) for each in floor.deviation[1:])
    shown = ", ".join(f"{metric.number(floor.shown[n].value)} with {n}" for n in _SAID)
    lines = [
        f"{floor.group}{in_brackets(floor.setting)}: {judged.metric} scatters over seeds by "
        f"{metric.distance(floor.deviation.value)} (sd, 95 % interval {low} to {high}, "
        f"n = {floor.n}); the smallest difference that runs of each could show in four of five "
        f"studies is {shown}."
    ]
    if floor.planned is not None and difference is not None:
        runs, fewest, most = (_runs(each) for each in floor.planned)
        lines.append(
            f"A difference of {metric.distance(difference)} takes {runs} runs of each ({fewest} to "
            f"{most}, as the scatter is known)."
        )
    return lines


def _runs(number: int) -> str:
    return f"{MOST_SEEDS} or more" if number >= MOST_SEEDS else str(number)


def _values(floor: NoiseFloor) -> dict[str, Any]:
    return {
        "group": floor.group,
        "setting": floor.setting,
        "n": floor.n,
        "mean": finite(floor.mean),
        **_known("deviation", floor.deviation),
        "shown": [{"n": n, **_known("difference", known)} for n, known in floor.shown.items()],
        "planned": None if floor.planned is None else floor.planned._asdict(),
    }


def _known(name: str, known: Known) -> dict[str, float | None]:
    return {name: finite(known.value), "low": finite(known.low), "high": finite(known.high)}
