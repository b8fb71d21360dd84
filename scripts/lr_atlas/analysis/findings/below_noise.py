"""The best optimizer and the next one cannot be told apart.

Found when: the best optimizer and the next one cannot be told apart

What to do: choose by something else, or so many seeds as find such a true difference in four of
five studies, with the limits that few runs leave, and at the stricter level of a further look
"""

from lr_atlas.analysis import power
from lr_atlas.analysis.finding import NOTE, Finding, Findings, Seen, interval_text
from lr_atlas.analysis.looks import share_of_look
from lr_atlas.analysis.pair_rows import INCONCLUSIVE
from lr_atlas.analysis.verdicts import BETWEEN, FRESH
from lr_atlas.locale.speech import mark, say
from lr_atlas.studies.study_metric import StudyMetric

TITLE, SEVERITY, PLACE = mark("the two best optimizers cannot be told apart"), NOTE, 80


def find(seen: Seen) -> Findings:
    """Yield one finding if the verdict on their best settings is inconclusive."""
    pairs = seen.analysis.pairs
    between = pairs[pairs["question"] == BETWEEN]
    if between.empty or between["verdict"].iloc[0] != INCONCLUSIVE:
        return
    pair = between.iloc[0].to_dict()
    is_fresh = pair["runs"] == FRESH
    key = "confirm" if is_fresh or seen.study.confirm else "seeds"
    look = seen.analysis.looks.number(is_fresh)
    stricter = share_of_look(look + 1) / share_of_look(look)
    if key == "confirm" and not is_fresh:
        stricter = 1.0  # fresh seeds were not looked at yet
    pair["level"] *= stricter
    yield Finding(
        say(
            "{first} and the best of the next optimizer, {second}, cannot be told apart: they "
            "differ by {difference} ({interval}).",
            first=pair["first"],
            second=pair["second"],
            difference=seen.metric.distance(abs(pair["difference"])),
            interval=interval_text(pair, seen.metric),
        ),
        _runs_advised(pair, key, seen.metric, stricter < 1) + _runs_that_show(pair, key, seen),
        setting=pair["first"],
    )


def _runs_that_show(pair: dict, key: str, seen: Seen) -> str:
    """Return how many runs find a difference that just matters, where the study says which."""
    if seen.study.matters is None or not pair["error"] > 0:
        return ""
    said = say(
        "What matters, {difference}, takes {key}: {seeds}.",
        difference=seen.metric.distance(seen.study.matters),
        key=key,
        seeds=_needed(pair, seen.study.matters).seeds,
    )
    return f" {said}"


def _needed(pair: dict, difference: float) -> power.SeedsNeeded:
    return power.seeds_needed(
        difference,
        *(pair[name] for name in ("error", "df", "n")),
        level=pair["level"],
        picked=pair["picked_first"],
    )


def _runs_advised(pair: dict, key: str, metric: StudyMetric, again: bool) -> str:
    """Return how many runs would tell the two apart, if their difference is the true one.

    pair: with the level at which these are judged. again: whether that is a further look.
    """
    if not (pair["error"] > 0 and pair["difference"]):
        return say("More seeds: what there is has no scatter, or no difference, to reckon with.")
    needed = _needed(pair, pair["difference"])
    is_bound = needed.high >= power.MOST_SEEDS
    values = {
        "key": key,
        "seeds": needed.seeds,
        "difference": metric.distance(abs(pair["difference"])),
        "low": needed.low,
        "high": say("over {count}", count=needed.high) if is_bound else needed.high,
        "n": pair["n"],
    }
    if again:
        return say(
            "Choose by something else, such as time, or take {key}: {seeds} to find a true "
            "difference of {difference} in four of five studies (from {low} to {high}, since "
            "n = {n} says little of the scatter; and the true difference may be another; at the "
            "stricter level of a further look).",
            **values,
        )
    return say(
        "Choose by something else, such as time, or take {key}: {seeds} to find a true "
        "difference of {difference} in four of five studies (from {low} to {high}, since n = {n} "
        "says little of the scatter; and the true difference may be another).",
        **values,
    )
