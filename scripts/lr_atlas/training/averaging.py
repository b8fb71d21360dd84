"""Averages of the weights of many steps, which are evaluated and kept in place of the last ones.

`average` in a configuration is "none" or one of

    {"name": "ema", "decay": d}     every step's, each step back counting d times as much
    {"name": "swa", "start": s}     those at the ends of epochs, from a share s of the run on
    {"name": "tail", "share": s}    every step's in the last share s of the run

An average moves towards the weights of a step by a share of the way, which is all that tells one of
these from another. The exponential one is that of the steps there were so far (its shares are
(1 - d) / (1 - d^t), so that the weights count by their age alone); with "debias": False it begins
with the weights after the first step, as in torch.optim.swa_utils, which long count for too much.
"""

import math

NONE = "none"
#: Averages that begin at a share of the run.
_OF_A_SHARE = ("swa", "tail")


def needs_total(average: str | dict) -> bool:
    """Return whether an average has to know how many steps a run has."""
    return not isinstance(average, str) and average["name"] in _OF_A_SHARE


def average_shares(
    average: str | dict, first: int, count: int, epoch: int, total: int | None = None
) -> list[float]:
    """Return for each step what share of the way the average goes to its weights; empty for none.

    first: the first of `count` steps of the run, from 0. epoch: steps of an epoch. total: of the
    run, where `needs_total`.
    """
    if isinstance(average, str):
        return []
    steps = range(first + 1, first + count + 1)
    if average["name"] == "ema":
        return [_exponential(average, step) for step in steps]
    assert total is not None
    if average["name"] == "tail":
        begin = total - max(1, round(average["share"] * total))
        return [1 / (step - begin) if step > begin else 0.0 for step in steps]
    return [_stochastic(average["start"], step, epoch, total) for step in steps]


def _exponential(average: dict, step: int) -> float:
    decay = average["decay"]
    if not average.get("debias", True):
        return 1.0 if step == 1 else 1 - decay
    return (1 - decay) / (1 - decay**step)


def _stochastic(start: float, step: int, epoch: int, total: int) -> float:
    """Return the share of a step, from 1, of the average of the ends of epochs."""
    # Rounded, since 0.1 of 30 is a little more than 3.
    first = max(1, math.ceil(round(start * total / epoch, 9)))
    ends_epoch = step % epoch == 0
    if not (ends_epoch or step == total) or step < min(first * epoch, total):
        return 0.0
    before = max(0, math.ceil(step / epoch) - first)
    return 1 / (before + 1)
