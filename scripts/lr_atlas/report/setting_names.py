"""Names of settings in texts: as in the figures, with numbers as the language has them."""

import re
from dataclasses import replace

import pandas as pd

from lr_atlas.figures.settings import describe_settings
from lr_atlas.figures.wording import ENGLISH
from lr_atlas.locale.speech import numeral, spoken

#: The value of a parameter where it is a number, or several: "0.9-0.999".
_NUMBERS = re.compile(r"(?<= )[\d.e+-]+$")
_WORDS = ("variant", "label", "short")


def named_settings(runs: pd.DataFrame) -> pd.DataFrame:
    """Return `describe_settings(runs)` in the language that is spoken.

    runs: a study's table with a row per run.
    """
    wording = replace(ENGLISH, language=spoken())
    described = describe_settings(runs, wording)
    return described.assign(**{name: described[name].map(_said) for name in _WORDS})


def _said(label: str) -> str:
    """Return a label with its numbers as the language writes them; names stay as they are."""
    parts = label.split(", ")
    return ", ".join(_NUMBERS.sub(lambda found: numeral(found[0]), part) for part in parts)
