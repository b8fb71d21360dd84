"""Measure steps with a cosine and clipped gradients: those of LR Atlas with both, and without.

    .venv/bin/python bench/step_extras.py
    .venv/bin/python bench/step_extras.py --short     # a few images, as a test

Both take turns in one process, with the default network at batch 100, and counted are the seconds
of the core that it used. A ratio is that of the medians of the turns. The highest norm is one that
about a tenth of the steps exceed, or every one of them: scaling a gradient costs no more than
finding its norm.
"""

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from epochs import TINY, load, use_one_core
from whole_studies import prepared_images

_BATCH_SIZE = 100
#: Images of a turn.
_IMAGES = 20_000
#: Steps over which the learning rate falls.
_HORIZON = 100_000
_NORM = {"some": 1.0, "all": 1e-3}
WAYS = ("without", "some clipped", "all clipped")


def measure(images: np.ndarray, labels: np.ndarray, rounds: int, short: bool) -> list[dict]:
    """Return a row of plain values for each optimizer; prints them as it goes.

    images: uint8 [n, 784]; labels: uint8 [n], of Fashion-MNIST.
    """
    import torch
    from contenders import OPTIMIZERS

    from lr_atlas.training.blas import use_threads

    use_threads(1)
    torch.set_flush_denormal(True)
    names = [*OPTIMIZERS][:1] if short else [*OPTIMIZERS]
    rows = []
    for name in names:
        turns = {
            "without": _trainer(name, images, labels, "none"),
            "some clipped": _trainer(name, images, labels, {"norm": _NORM["some"]}),
            "all clipped": _trainer(name, images, labels, {"norm": _NORM["all"]}),
        }
        times: dict[str, list[float]] = {way: [] for way in turns}
        for number in range(rounds + 1):
            for way, turn in turns.items():
                seconds = turn(number)
                # In the first turn memory is touched for the first time.
                if number:
                    times[way].append(seconds)
        medians = {way: statistics.median(values) for way, values in times.items()}
        rows.append({"optimizer": name, "rounds": rounds, **medians})
        print(_as_text(rows[-1]), flush=True)
    return rows


def _trainer(
    optimizer: str, images: np.ndarray, labels: np.ndarray, clip: str | dict
) -> Callable[[int], float]:
    """Return a function that trains a turn and returns its seconds; with a cosine if it clips."""
    import torch
    from contenders import FORM, Case

    from lr_atlas.training.image_sets import image_set
    from lr_atlas.training.step_factors import UNCHANGED, StepFactors
    from lr_atlas.training.trainer import Trainer

    case = Case(_BATCH_SIZE, (128, 64), "relu", 0.0, optimizer)
    configuration = case.configuration | {"clip": clip}
    trainer = Trainer(configuration, image_set(images, labels, "cpu"), FORM)
    assert trainer.steps.name == "compiled"
    count = min(_IMAGES, len(labels))

    def turn(number: int) -> float:
        generator = torch.Generator().manual_seed(number)
        order = torch.randperm(len(labels), generator=generator)[:count]
        step = number * (count // _BATCH_SIZE)
        started = time.process_time()
        for indices in order.split(trainer.piece):
            steps = math.ceil(len(indices) / _BATCH_SIZE)
            factors = UNCHANGED
            if clip != "none":
                factors = StepFactors(
                    [_cosine(each / _HORIZON) for each in range(step, step + steps)]
                )
            trainer.steps.train(indices, 0, factors)
            step += steps
        return time.process_time() - started

    return turn


def _cosine(share: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * share))


def ratio(row: dict) -> float:
    """Return how much longer the slower of both takes than steps without."""
    return max(row[way] / row["without"] for way in WAYS[1:])


def _as_text(row: dict) -> str:
    ratios = ", ".join(f"{way} {row[way] / row['without']:.3f}" for way in WAYS[1:])
    return f"cosine and clipping / without, {row['optimizer']}: {ratios}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with the images; fetched without it")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--short", action="store_true", help="a few images")
    given = parser.parse_args()
    loaded = load(prepared_images(TINY if given.short else given.data))
    use_one_core()
    print(json.dumps(measure(*loaded, given.rounds, given.short), indent=2))
