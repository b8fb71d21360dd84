"""Tell what changed between two studies beside their numbers: settings, configuration, makers."""

import itertools
from collections.abc import Sequence

import pandas as pd

from lr_atlas.common.fingerprint import changed_files
from lr_atlas.common.units import counted, shortened
from lr_atlas.tools.compare.recorded_study import MAKERS, RecordedStudy

_MOST_VALUES = 8
#: Settings that differ in one of these are not compared.
_FIXED = ("lr", "name")


def settings_of(first: RecordedStudy, second: RecordedStudy) -> list[pd.DataFrame]:
    """Return the settings of both with the same columns, see RecordedStudy.

    Where the configuration of one is not known, the only keys are `optimizer` and `name`.
    """
    if first.settings is None or second.settings is None:
        runs = [study.runs.drop_duplicates("setting") for study in (first, second)]
        return [each[["setting", "optimizer"]].assign(name=each["setting"]) for each in runs]
    columns = list(dict.fromkeys((*first.settings, *second.settings)))
    return [
        each.reindex(columns=columns, fill_value="") for each in (first.settings, second.settings)
    ]


def match_settings(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return which settings belong together, by what they are and not by what they are called.

    first, second: of `settings_of`. A setting belongs to the one with the same configuration. Those
    of an optimizer that are left over are paired where all of them have one value of a key in A and
    another one in B, such as another dropout, and all else is the same; the learning rate always
    has to be. Returns a DataFrame with setting, second_setting ("" where the other study has none)
    and differing, such as "model.dropout 0.0 -> 0.1"; in the order of A, then of B.
    """
    keys = [name for name in first if name != "setting"]
    alike = _alike(first, second, keys)
    pairs = [alike.assign(differing="")]
    left = first[~first["setting"].isin(alike["setting"])]
    right = second[~second["setting"].isin(alike["second_setting"])]
    for optimizer, one in left.groupby("optimizer", sort=False):
        other = right[right["optimizer"] == optimizer]
        changes = {
            key: f"{key} {one[key].iloc[0] or 'none'} -> {other[key].iloc[0] or 'none'}"
            for key in keys
            if one[key].nunique() == other[key].nunique() == 1
            and one[key].iloc[0] != other[key].iloc[0]
            and key.rpartition(": ")[2] not in _FIXED
        }
        rest = [key for key in keys if key not in changes]
        pairs.append(_alike(one, other, rest).assign(differing=", ".join(changes.values())))
    found = first[["setting"]].merge(pd.concat(pairs), "left", on="setting")
    added = second.loc[~second["setting"].isin(found["second_setting"]), "setting"]
    return pd.concat([found, pd.DataFrame({"second_setting": added})], ignore_index=True).fillna("")


def _alike(first: pd.DataFrame, second: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the settings that are alike in these keys, where there is one such on each side."""
    one, other = (side.drop_duplicates(keys, keep=False) for side in (first, second))
    other = other.rename(columns={"setting": "second_setting"})
    return one.merge(other, on=keys)[["setting", "second_setting"]]


def runs_of_both(first: RecordedStudy, second: RecordedStudy, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of equal seed of settings that belong together, columns of B with "_B"."""
    later = second.runs.rename(columns={"setting": "second_setting"})
    runs = first.runs.merge(pairs, on="setting")
    return runs.merge(later, on=["second_setting", "seed"], suffixes=("", "_B"))


def configuration_changes(
    first: pd.DataFrame, second: pd.DataFrame, seeds: Sequence[pd.Series]
) -> list[tuple[str, str]]:
    """Return (key, values of A -> values of B) for keys that do not take the same values in both.

    first, second: of `settings_of`. seeds: of the runs of each. A key that one of them lacks, such
    as an argument of an optimizer that is not in it, is left out.
    """
    keys = first.columns.drop(["setting", "name"], errors="ignore")
    values = {key: (first[key], second[key]) for key in keys}
    values["seeds"] = tuple(each.sort_values().astype(str) for each in seeds)
    changes = []
    for key, sides in values.items():
        before, after = ([each for each in side.unique() if each] for side in sides)
        if before and after and {*before} != {*after}:
            texts = (shortened(found, _MOST_VALUES) for found in (before, after))
            changes.append((key, " -> ".join(texts)))
    return changes


def maker_changes(
    first: RecordedStudy, second: RecordedStudy, both: pd.DataFrame
) -> list[tuple[str, str]]:
    """Return (maker, values in A -> values in B) where runs were not made alike.

    both: of `runs_of_both`; they may have been made otherwise though both studies have all values.
    """
    changes = []
    for key in MAKERS:
        before, after = (
            study.runs[key].astype(object).fillna("not recorded") for study in (first, second)
        )
        recorded = both[[key, f"{key}_B"]].dropna()
        if {*before} != {*after} or (recorded[key] != recorded[f"{key}_B"]).any():
            changes.append((key, f"{_with_counts(before)} -> {_with_counts(after)}"))
    codes = itertools.product(first.code.values(), second.code.values())
    files = {name for before, after in codes for name in changed_files(before, after)}
    if files:
        changes.append(("changed files", shortened(sorted(files), _MOST_VALUES)))
    return changes


def _with_counts(values: pd.Series) -> str:
    """Return the values of runs, and how many have each where there are several."""
    counts = values.value_counts()
    texts = (f"{value} ({counted(number, 'run')})" for value, number in counts.items())
    return ", ".join(texts) if len(counts) > 1 else str(counts.index[0])
