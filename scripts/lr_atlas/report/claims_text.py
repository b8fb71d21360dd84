"""A study's claims for a reader: grouped, counted, and each beside what all of them cost."""

import pandas as pd

from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.config.claim_evidence import INCONCLUSIVE
from lr_atlas.locale.counted_things import counted

#: The verdicts on a claim, in the order in which a page groups them.
VERDICTS = ("contradicted", "inconclusive", "confirmed")


def claims_counted(claims: pd.DataFrame) -> str:
    """Return how many claims have which verdict, in a sentence; empty without claims."""
    if claims.empty:
        return ""
    counts = claims["verdict"].value_counts()
    parts = [f"{counts[verdict]} {verdict}" for verdict in reversed(VERDICTS) if verdict in counts]
    return f"Of its paper's {counted(len(claims), 'claim')}: {', '.join(parts)}."


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
    text = (
        f"{counted(count, 'claim')} judged, each by itself: one that is wrong is confirmed in "
        f"{100 * alone:g} % of studies at most, so if all were wrong {count * alone:.2g} would be "
        "expected to be confirmed."
    )
    if count < 2 or decided.empty:
        return text
    those = "it" if len(decided) == 1 else "them"
    return (
        f"{text} {counted(len(decided), 'verdict')} other than inconclusive; {hold} of {those} "
        f"{'holds' if hold == 1 else 'hold'} for all claims together, after Holm's correction, "
        f"which errs anywhere in {100 * SIGNIFICANCE:g} % of studies at most."
    )
