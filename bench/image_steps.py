"""Measure the steps of convolutional networks: LR Atlas against the other ways, and the floor.

    .venv/bin/python bench/image_steps.py
    .venv/bin/python bench/image_steps.py --short     # a few images, as a test

The contenders take turns as in `bench/epochs.py`, a few steps each, on the same core and with one
thread; counted are the seconds of the core that a process used, and a ratio is the median of those
of the turns. 2c2d is trained on Fashion-MNIST, resnet20 on made-up images in CIFAR's form.
"""

import argparse
import json
import resource
import statistics
import time
from pathlib import Path

import numpy as np
from epochs import TINY, Act, agree_within, ask, load, timed, use_one_core, workers
from whole_studies import prepared_images

#: The contenders draw their batches from so many images.
_IMAGES = 2_000
#: Mean losses of the first turn may differ by so much, relative.
_TOLERANCE = 0.01


def measure(images: np.ndarray, labels: np.ndarray, rounds: int, short: bool) -> list[dict]:
    """Return a row of plain values for each network; prints them as it goes.

    images: uint8 [n, 784]; labels: uint8 [n], of Fashion-MNIST. Raises SystemExit if the losses
    do not agree.
    """
    from image_contenders import ImageCase

    generator = np.random.default_rng(0)
    grey = images[:_IMAGES].reshape(-1, 1, 28, 28)
    colour = generator.integers(0, 256, (len(grey), 3, 32, 32), np.uint8)
    batch_size, steps = (10, 1) if short else (100, 2)
    rows = []
    for optimizer in ("momentum", "Adam"):
        for network, inputs in (("TwoConvolutions", grey), ("ResNet20", colour)):
            case = ImageCase(network, inputs.shape[1:], optimizer, batch_size, steps)
            if not short or optimizer == "momentum":
                rows.append(_measure(case, inputs, labels[:_IMAGES], rounds, short))
                print(_as_text(rows[-1]), flush=True)
    return rows


def _measure(case: tuple, images: np.ndarray, labels: np.ndarray, rounds: int, short: bool) -> dict:
    from image_contenders import present

    # Compiling would take most of the time of a short measurement.
    names = [name for name in present() if not short or name != "torch.compile"]
    times: dict[str, list[float]] = {name: [] for name in [*names, "floor"]}
    losses: dict[str, list[float]] = {name: [] for name in names}
    with workers(times, images, labels) as ways:
        for name, way in ways.items():
            ask(way, (multiply, case) if name == "floor" else (train, name, case))
        for number in range(rounds + 1):
            for name, way in ways.items():
                seconds, loss = ask(way, number)
                if loss is not None:
                    losses[name].append(loss)
                if number and seconds is not None:
                    times[name].append(seconds / case.steps)
    with workers(["memory"], images, labels) as ways:
        ask(ways["memory"], (memory, case))
        megabytes, _ = ask(ways["memory"], 0)
    times = {name: values for name, values in times.items() if values}
    losses = {name: values for name, values in losses.items() if values}
    agree_within(_TOLERANCE, f"{case.title}, {case.optimizer}", losses)
    return {
        "network": case.title,
        "optimizer": case.optimizer,
        "rounds": rounds,
        **{name: statistics.median(values) for name, values in times.items()},
        "ratios": {
            name: statistics.median(
                ours / theirs for ours, theirs in zip(times["project"], values, strict=True)
            )
            for name, values in times.items()
            if name != "project"
        },
        "memory": megabytes,
    }


def train(name: str, case: tuple, images: np.ndarray, labels: np.ndarray) -> Act:
    """Return a function from a number to (seconds of a turn, loss); (None, None) of one missing."""
    from image_contenders import IMAGE_CONTENDERS

    turn = IMAGE_CONTENDERS[name](case, images, labels)
    if name == "torch.compile":
        try:
            turn(0)
        except Exception as error:
            print(f"torch.compile cannot take part: {type(error).__name__}", flush=True)
            return lambda _: (None, None)
        turn = IMAGE_CONTENDERS[name](case, images, labels)
    return timed(turn, time.process_time)


def multiply(case: tuple, images: np.ndarray, labels: np.ndarray) -> Act:
    """Return a function that gives (seconds of the products of a turn, None)."""
    import torch
    from image_floor import products_of, seconds

    batch = torch.randn(case.batch_size, *case.shape)
    products = products_of(case.build().train(), batch)
    return lambda _: (seconds(products) * case.steps, None)


def memory(case: tuple, images: np.ndarray, labels: np.ndarray) -> Act:
    """Return a function that trains and evaluates, and gives (MB of its process at most, None).

    The memory of the images is not counted.
    """
    import torch
    from image_contenders import trainer_of

    trainer = trainer_of(case, images, labels)

    def act(_: int) -> tuple[float, None]:
        trainer.steps.train(torch.arange(4 * case.batch_size), 0)
        trainer.measure(trainer.training_set)
        trainer.state()
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return (most - images.nbytes) / 2**20, None

    return act


def _as_text(row: dict) -> str:
    """Return such as "ResNet20 …, momentum: project 320 ms, eager 395 ms (0.81)"."""
    others = ", ".join(
        f"{name} {1000 * row[name]:.1f} ms ({ratio:.2f})" for name, ratio in row["ratios"].items()
    )
    ours = f"project {1000 * row['project']:.1f} ms, {row['memory']:.0f} MB"
    return f"{row['network']}, {row['optimizer']}: {ours}, {others}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with the images; fetched without it")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--short", action="store_true", help="a few images")
    given = parser.parse_args()
    loaded = load(prepared_images(TINY if given.short else given.data))
    use_one_core()
    print(json.dumps(measure(*loaded, given.rounds, given.short), indent=2))
