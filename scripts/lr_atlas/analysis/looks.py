"""Share out the error of a verdict among looks: a further one, at more seeds, has less of it.

Who adds seeds until something shows finds what is not there: by tests of 5 % at 3, 4 … 20 seeds one
of two equal settings is called better in 20 of 100 studies. So the first look has the whole error,
since most studies are looked at once, and all later ones share a fifth of it, the j-th of them
1 / (j (j - 1)): a tenth, a thirtieth, a sixtieth of the whole. The probability that any look errs
is then at most 1.2 times the error, 6 %, however many looks there are and whyever one went on: this
is Bonferroni's inequality, which asks nothing of what looks have in common.

It is alpha spending by the number of the look (Lan and DeMets 1983, Biometrika 70, 659), which
needs no number of looks or seeds beforehand. Anytime-valid t tests (Lai 1976, Annals of Statistics
4, 265; Wang and Ramdas 2023, arXiv:2310.03722) count no looks, but ask much of few runs, of the
first look too: with 3 runs a t of 13 or more, with 6 of 4.9, where Student asks 4.3 and 2.6. Nor
are they known for two settings of unequal scatter, or for settings that were picked.
"""

from collections.abc import Sequence
from typing import TypeVar

from lr_atlas.analysis.intervals import SIGNIFICANCE

#: The part of the error that all looks after the first one share.
LATER = 0.2

Look = TypeVar("Look")


def share_of_look(look: int) -> float:
    """Return the part of an error that a look may use: 1 of the first, 0.1 of the second.

    look: its number, from 1.
    """
    return 1.0 if look < 2 else LATER / (look * (look - 1))


def level_of_look(look: int, error: float = SIGNIFICANCE) -> float:
    """Return the probability with which the verdicts of a look may err.

    error: of a study that is looked at once. 0.05 gives 0.05, 0.005, 0.0017, 0.0008 and so on.
    """
    return error * share_of_look(look)


def level_of_all(looks: int, error: float = SIGNIFICANCE) -> float:
    """Return the probability with which any of so many looks errs, at most.

    error: of a study that is looked at once. From 0.05 on it comes ever closer to 0.06.
    """
    return sum(level_of_look(look, error) for look in range(1, looks + 1))


def count_look(seen: Sequence[Look], this: Look) -> tuple[int, list[Look]]:
    """Return (the number of this look, all looks with it).

    seen: what was looked at before, each once, in that order. The same again is no further look.
    """
    looks = [*seen] if this in seen else [*seen, this]
    return looks.index(this) + 1, looks
