"""The findings of the analysis as texts for a reader."""

import pandas as pd

from lr_atlas.analysis.findings import kinds
from lr_atlas.locale.speech import say_word


def findings_for_reading(findings: pd.DataFrame) -> list[dict[str, str]]:
    """Return severity, evidence, fix, and what it is about, of each finding; warnings first."""
    ordered = findings.sort_values(
        "severity", key=lambda values: values != "warning", kind="stable"
    )
    return [
        {
            "severity": row.severity,
            "title": say_word(kinds()[row.code].TITLE),
            "evidence": row.evidence,
            "fix": row.fix,
        }
        for row in ordered.itertuples()
    ]
