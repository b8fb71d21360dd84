"""Studies compared as wholes: A is what was there before, B what is there now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from lr_atlas.tools.compare.changes import (
    Change,
    MakerChange,
    changed_code,
    configuration_changes,
    maker_changes,
)
from lr_atlas.tools.compare.matching import Pair, match_settings
from lr_atlas.tools.compare.numbers import compare_choices, compare_numbers, judged
from lr_atlas.tools.compare.recorded import RecordedSetting, RecordedStudy, read_study

#: Where one of these changed, other files of images are no news.
_DECIDE_ON_IMAGES = {"dataset", "data", "validation", "training_images"}


@dataclass(frozen=True)
class StudyComparison:
    """All that sets two studies apart, and what does not."""

    first: RecordedStudy
    second: RecordedStudy
    pairs: tuple[Pair, ...]
    only_first: tuple[RecordedSetting, ...]
    only_second: tuple[RecordedSetting, ...]
    configuration: tuple[Change, ...]
    makers: tuple[MakerChange, ...]
    code_files: tuple[str, ...]  # the files of the training code that changed
    numbers: pd.DataFrame  # see numbers.judged
    choices: pd.DataFrame  # see numbers.compare_choices

    @property
    def is_partly_undescribed(self) -> bool:
        """Return whether of some run no more of the configuration is known than its table tells."""
        return self.first.undescribed > 0 or self.second.undescribed > 0


def compare_studies(folders: Sequence[tuple[Path, Path]], metric: str) -> list[StudyComparison]:
    """Compare studies, given the folders of A and B of each.

    metric: one of numbers.COMPARABLE. Holm's correction is over all of the studies. Raises
    errors.UserError for tables that cannot be read.
    """
    comparisons = [
        _compare(read_study(first), read_study(second), metric) for first, second in folders
    ]
    tables = judged([each.numbers for each in comparisons])
    return [replace(each, numbers=table) for each, table in zip(comparisons, tables, strict=True)]


def _compare(first: RecordedStudy, second: RecordedStudy, metric: str) -> StudyComparison:
    pairs, only_first, only_second = match_settings(first, second)
    configuration = configuration_changes(first, second)
    makers = maker_changes(first, second, pairs)
    if {change.key for change in configuration} & _DECIDE_ON_IMAGES:
        makers = [change for change in makers if change.key != "image files"]
    return StudyComparison(
        first=first,
        second=second,
        pairs=tuple(pairs),
        only_first=tuple(only_first),
        only_second=tuple(only_second),
        configuration=tuple(configuration),
        makers=tuple(makers),
        code_files=tuple(changed_code(first, second)),
        numbers=compare_numbers(pairs, metric),
        choices=compare_choices(first, second, pairs),
    )
