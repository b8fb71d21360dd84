"""A study's claims for a reader: grouped, counted, and each beside what all of them cost."""

import pandas as pd

from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.config.claim_evidence import INCONCLUSIVE
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import say, say_counted

#: The verdicts on a claim, in the order in which a page groups them.
VERDICTS = ("contradicted", "inconclusive", "confirmed")


def claims_counted(claims: pd.DataFrame) -> str:
    """Return how many claims have which verdict, in a sentence; empty without claims."""
    if claims.empty:
        return ""
    counts = claims["verdict"].value_counts()
    parts = [
        verdict_counted(verdict, counts[verdict])
        for verdict in reversed(VERDICTS)
        if verdict in counts
    ]
    return say(
        "Of its paper's {claims}: {verdicts}.",
        claims=counted(len(claims), "claim"),
        verdicts=", ".join(parts),
    )


def verdict_counted(verdict: str, count: int) -> str:
    """Return how many claims have a verdict: "3 confirmed"."""
    return {
        "confirmed": say_counted("{count} confirmed", "{count} confirmed", count),
        "contradicted": say_counted("{count} contradicted", "{count} contradicted", count),
        "inconclusive": say_counted("{count} inconclusive", "{count} inconclusive", count),
    }[verdict]


def claims_for_reading(claims: pd.DataFrame) -> list[tuple[str, list[dict[str, str]]]]:
    """Return (verdict, claims as dicts of the table's columns) for each verdict that there is."""
    return [
        (verdict, claims[claims["verdict"] == verdict].to_dict("records"))
        for verdict in VERDICTS
        if (claims["verdict"] == verdict).any()
    ]


def claims_note(claims: pd.DataFrame) -> str:
    """Return how many are wrongly confirmed to be expected, and how many hold together."""
    if claims.empty:
        return ""
    count = len(claims)
    decided = claims[claims["verdict"] != INCONCLUSIVE]
    hold = int((decided["together"] == decided["verdict"]).sum())
    alone = SIGNIFICANCE / 2
    text = say(
        "{claims} judged, each by itself: one that is wrong is confirmed in {alone:g} % of studies "
        "at most, so if all were wrong {expected:.2g} would be expected to be confirmed.",
        claims=counted(count, "claim"),
        alone=100 * alone,
        expected=count * alone,
    )
    if count < 2 or decided.empty:
        return text
    return f"{text} {_together(len(decided), hold)}"


def _together(decided: int, hold: int) -> str:
    values = {
        "verdicts": counted(decided, "verdict"),
        "hold": hold,
        "error": 100 * SIGNIFICANCE,
    }
    if decided == 1 and hold == 1:
        return say(
            "{verdicts} other than inconclusive; {hold} of it holds for all claims together, after "
            "Holm's correction, which errs anywhere in {error:g} % of studies at most.",
            **values,
        )
    if decided == 1:
        return say(
            "{verdicts} other than inconclusive; {hold} of it hold for all claims together, after "
            "Holm's correction, which errs anywhere in {error:g} % of studies at most.",
            **values,
        )
    if hold == 1:
        return say(
            "{verdicts} other than inconclusive; {hold} of them holds for all claims together, "
            "after Holm's correction, which errs anywhere in {error:g} % of studies at most.",
            **values,
        )
    return say(
        "{verdicts} other than inconclusive; {hold} of them hold for all claims together, after "
        "Holm's correction, which errs anywhere in {error:g} % of studies at most.",
        **values,
    )
