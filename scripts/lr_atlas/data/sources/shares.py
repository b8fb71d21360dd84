"""A share of data that is kept for tests, the same of each class."""

import numpy as np


def kept_for_tests(labels: np.ndarray | None, count: int, share: float, seed: int) -> np.ndarray:
    """Return a mask (bool [count]) of those that are kept for tests.

    labels: int64 [count]; None in regression. seed: another one keeps others. What rounding leaves
    goes to the classes with the largest remainders; a class of two or more has one at least.
    """
    # Its stream is the same in every version of NumPy, which those of a Generator need not be.
    order = np.random.RandomState(seed % 2**32).permutation(count)
    wanted = min(max(round(count * share), 1), count - 1)
    chosen = np.zeros(count, bool)
    if labels is None:
        chosen[order[:wanted]] = True
        return chosen
    sizes = np.bincount(labels)
    quotas = sizes * share
    kept = np.floor(quotas).astype(int)
    largest = np.argsort(kept - quotas, kind="stable")
    kept[largest[: max(0, wanted - kept.sum())]] += 1
    kept = np.maximum(kept, sizes >= 2)
    for label, number in enumerate(kept):
        chosen[order[labels[order] == label][:number]] = True
    return chosen
