"""Which settings of two studies belong together: by what they are, not by what they are called."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lr_atlas.common.rounding import compact
from lr_atlas.tools.compare.recorded import RecordedSetting, RecordedStudy

Identity = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Pair:
    """A setting of A and the one of B that it is compared with."""

    first: RecordedSetting
    second: RecordedSetting
    differing: tuple[str, ...] = ()  # the keys of the configuration in which they differ

    @property
    def seeds(self) -> list[int]:
        """Return the seeds that both have a run of."""
        return sorted({*self.first.runs.index} & {*self.second.runs.index})


def match_settings(
    first: RecordedStudy, second: RecordedStudy
) -> tuple[list[Pair], list[RecordedSetting], list[RecordedSetting]]:
    """Return (pairs in the order of A, settings only in A, settings only in B).

    A setting belongs to the one with the same configuration and number of epochs. Those of an
    optimizer that are left over are paired where all of them have one value of a key in A and
    another one in B, such as another dropout, and the rest of the configuration singles out a
    setting; the learning rate always has to be the same. Of a key that only one side has recorded
    nothing is known, so it does not count.
    """
    known = _keys(first.settings) & _keys(second.settings)
    if not (first.undescribed or second.undescribed):
        known |= _keys(first.settings) | _keys(second.settings)

    def full(setting: RecordedSetting) -> Identity:
        return identity(setting, known)

    pairs = _paired(first.settings, second.settings, full)
    for optimizer in dict.fromkeys(setting.optimizer for setting in first.settings):
        one, other = (
            [setting for setting in rest if setting.optimizer == optimizer]
            for rest in _left_over(first, second, pairs)
        )
        changed = _changed_as_a_whole(one, other, known)

        def rest(setting: RecordedSetting, changed: frozenset[str] = changed) -> Identity:
            return identity(setting, known - changed)

        if changed:
            pairs += _paired(one, other, rest, tuple(sorted(changed)))
    order = {id(setting): position for position, setting in enumerate(first.settings)}
    pairs.sort(key=lambda pair: order[id(pair.first)])
    return pairs, *_left_over(first, second, pairs)


def identity(setting: RecordedSetting, keys: Iterable[str]) -> Identity:
    """Return what a setting is, as far as these keys tell."""
    configuration = setting.configuration
    return tuple((key, compact(configuration[key])) for key in sorted(keys) if key in configuration)


def _keys(settings: Iterable[RecordedSetting]) -> frozenset[str]:
    return frozenset().union(*(setting.configuration for setting in settings))


def _paired(
    first: Iterable[RecordedSetting],
    second: Iterable[RecordedSetting],
    of: Callable[[RecordedSetting], Identity],
    differing: tuple[str, ...] = (),
) -> list[Pair]:
    """Return the settings that are alike, where there is one such on each side."""
    one, other = _unique(first, of), _unique(second, of)
    return [Pair(one[key], other[key], differing) for key in one if key in other]


def _unique(
    settings: Iterable[RecordedSetting], of: Callable[[RecordedSetting], Identity]
) -> dict[Identity, RecordedSetting]:
    keyed = [(of(setting), setting) for setting in settings]
    counts = Counter(key for key, _ in keyed)
    return {key: setting for key, setting in keyed if counts[key] == 1}


def _left_over(
    first: RecordedStudy, second: RecordedStudy, pairs: Iterable[Pair]
) -> tuple[list[RecordedSetting], list[RecordedSetting]]:
    taken = {id(setting) for pair in pairs for setting in (pair.first, pair.second)}
    one, other = (
        [setting for setting in study.settings if id(setting) not in taken]
        for study in (first, second)
    )
    return one, other


def _changed_as_a_whole(
    first: Iterable[RecordedSetting], second: Iterable[RecordedSetting], keys: Iterable[str]
) -> frozenset[str]:
    """Return the keys with one value in all of the first and another in all of the second."""
    values = {
        key: [
            {compact(each.configuration[key]) for each in settings if key in each.configuration}
            for settings in (first, second)
        ]
        for key in keys
        if key != "lr"
    }
    return frozenset(
        key
        for key, (before, after) in values.items()
        if len(before) == len(after) == 1 and before != after
    )
