"""What is not the same in two studies: their configuration, and how their runs were made."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.fingerprint import changed_files
from lr_atlas.tools.compare.amounts import value_text
from lr_atlas.tools.compare.matching import Pair
from lr_atlas.tools.compare.recorded import CIRCUMSTANCES, RecordedStudy, is_argument


@dataclass(frozen=True)
class Change:
    """A key of the configuration with the values that it takes in each study, in order."""

    key: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class MakerChange:
    """Something in how runs were made: {text: number of runs} in each study; None: not recorded."""

    key: str
    before: dict[str | None, int]
    after: dict[str | None, int]
    differing: int  # runs that both have and that differ in it
    compared: int  # runs that both have and of which both have recorded it

    @property
    def is_known(self) -> bool:
        """Return whether it is known to have changed, as opposed to not recorded."""
        before, after = {*self.before} - {None}, {*self.after} - {None}
        return self.differing > 0 or bool(before and after and before != after)


def configuration_changes(first: RecordedStudy, second: RecordedStudy) -> list[Change]:
    """Return the keys that do not take the same values in both studies.

    A key that one of them has not recorded is left out. Arguments of an optimizer are compared
    where both have that optimizer, and called "sgd: momentum".
    """
    one, other = _values(first), _values(second)
    changes = [
        Change(key, _ordered(values), _ordered(other[key]))
        for key, values in one.items()
        if key in other and {*values} != {*other[key]}
    ]
    # Arguments after what all settings have in common.
    changes.sort(key=lambda change: ":" in change.key)
    seeds = [
        {canonical_json(int(seed)): int(seed) for seed in study.runs["seed"]}
        for study in (first, second)
    ]
    if {*seeds[0]} != {*seeds[1]}:
        changes.append(Change("seeds", *map(_ordered, seeds)))
    return changes


def maker_changes(
    first: RecordedStudy, second: RecordedStudy, pairs: Sequence[Pair]
) -> list[MakerChange]:
    """Return what was not alike in the making of two studies' runs, or may not have been.

    In the order of CIRCUMSTANCES; what some run has not recorded is among it.
    """
    changes = []
    for key in CIRCUMSTANCES:
        before, after = (
            Counter(
                circumstances[key]
                for setting in study.settings
                for circumstances in setting.circumstances.values()
            )
            for study in (first, second)
        )
        both = [
            (pair.first.circumstances[seed][key], pair.second.circumstances[seed][key])
            for pair in pairs
            for seed in pair.seeds
        ]
        both = [values for values in both if None not in values]
        differing = sum(one != other for one, other in both)
        if differing or {*before} != {*after} or None in before:
            changes.append(MakerChange(key, before, after, differing, len(both)))
    return changes


def changed_code(first: RecordedStudy, second: RecordedStudy) -> list[str]:
    """Return the files of the training code that differ between any two of the studies' codes."""
    return sorted(
        {
            name
            for before in first.code.values()
            for after in second.code.values()
            for name in changed_files(before, after)
        }
    )


def _values(study: RecordedStudy) -> dict[str, dict[str, Any]]:
    """Return {key: {value as JSON: value}} of all settings of a study."""
    found: dict[str, dict[str, Any]] = {}
    for setting in study.settings:
        for key, value in setting.configuration.items():
            name = f"{setting.optimizer}: {key}" if is_argument(key) else key
            found.setdefault(name, {})[canonical_json(value)] = value
    return found


def _ordered(values: dict[str, Any]) -> tuple[str, ...]:
    """Return values as texts: numbers by size, then all else by its text."""
    numbers = (int, float)
    ordered = sorted(
        values.items(),
        key=lambda item: (
            not isinstance(item[1], numbers),
            item[1] if isinstance(item[1], numbers) else 0,
            item[0],
        ),
    )
    return tuple(value_text(value) for _, value in ordered)
