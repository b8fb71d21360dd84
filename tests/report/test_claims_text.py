"""A reader sees how many claims may be confirmed by chance, and which verdicts hold together."""

import pandas as pd
from page_tables import claims

from lr_atlas.report.claims_text import claims_counted, claims_for_reading, claims_note
from lr_atlas.tables.study_tables import COLUMNS


def test_the_note_counts_what_chance_would_confirm_and_what_holds_together():
    said = claims_note(claims("confirmed", "contradicted", "inconclusive", "confirmed"))
    assert said.startswith(
        "4 claims judged, each by itself: one that is wrong is confirmed in 2.5 %"
    )
    assert "if all were wrong 0.1 would be expected to be confirmed" in said
    # The one that is contradicted is so by itself alone.
    assert "3 verdicts other than inconclusive; 2 of them hold for all claims together" in said


def test_without_a_decided_claim_nothing_is_said_of_all_together():
    assert "together" not in claims_note(claims("inconclusive", "inconclusive"))
    assert "together" not in claims_note(claims("confirmed"))
    assert claims_note(pd.DataFrame(columns=COLUMNS["claims"])) == ""


def test_claims_are_counted_and_grouped_by_their_own_verdict():
    table = claims("confirmed", "contradicted")
    assert claims_counted(table) == "Of its paper's 2 claims: 1 confirmed, 1 contradicted."
    (verdict, members), _ = claims_for_reading(table)
    assert (verdict, members[0]["together"]) == ("contradicted", "inconclusive")
