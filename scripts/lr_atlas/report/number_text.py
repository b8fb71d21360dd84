"""Numbers as a reader sees them: accuracies in per cent, differences in points."""

from collections.abc import Mapping, Sequence

import pandas as pd

MINUS = "\N{MINUS SIGN}"


def percent(share: float, digits: int = 2) -> str:
    """Return such as "88.88 %" for 0.8888; empty for NaN."""
    return "" if pd.isna(share) else f"{100 * share:.{digits}f} %"


def guessing(chance: float) -> str:
    """Return the accuracy of guessing as "10 %" or "11.35 %", as few digits as it has."""
    return f"{100 * chance:.4g} %"


def points(difference: float, digits: int = 2) -> str:
    """Return such as "+0.35" for 0.0035, in points of a per cent; empty for NaN."""
    if pd.isna(difference):
        return ""
    return f"{100 * difference:+.{digits}f}".replace("-", MINUS)


def between(low: float, high: float, signed: bool = False) -> str:
    """Return such as "88.70 to 89.06", shares in per cent; empty unless both are known."""
    if pd.isna(low) or pd.isna(high):
        return ""
    if signed:
        return f"{points(low)} to {points(high)}"
    return f"{100 * low:.2f} to {100 * high:.2f}"


def p_text(value: float) -> str:
    """Return a p-value as "0.012" or "< 0.001"; empty for NaN."""
    if pd.isna(value):
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def number(value: float) -> str:
    """Return a parameter or a count: "0.001", "3", "1e-05"; empty for NaN."""
    return "" if pd.isna(value) else f"{value:g}"


def seeds(count: int) -> str:
    """Return such as "n = 3 seeds"."""
    return f"n = {count:g} seed" + ("" if count == 1 else "s")


def counted(count: int, thing: str) -> str:
    """Return such as "3 settings" or "1 setting"."""
    return f"{count:g} {thing}" + ("" if count == 1 else "s")


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return such as "SGD, Adam and RMSprop"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def in_words(labels: Mapping[str, str], setting: str) -> str:
    """Return a setting as part of a sentence: "SGD with learning rate 0.07 and momentum 0.9"."""
    name, *parameters = labels.get(setting, setting).split(", ")
    return f"{name} with {listed(parameters)}" if parameters else name


def parameters(labels: Mapping[str, str], setting: str) -> str:
    """Return a setting's parameters without its optimizer, or else its name."""
    return ", ".join(labels.get(setting, setting).split(", ")[1:]) or setting
