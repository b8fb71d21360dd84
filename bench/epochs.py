"""Measure an epoch and an evaluation: LR Atlas against the other ways, and the floor.

    .venv/bin/python bench/epochs.py
    .venv/bin/python bench/epochs.py --short     # a few hundred images, as a test

Each contender has a process of its own, on the same core and with one thread, and they take turns,
an epoch each (A B C A B C …), so that whatever disturbs the machine disturbs all. The first epoch,
in which some compile, is not counted. Reported are medians. JAX takes part where it is installed:
`.venv/bin/pip install -r bench/requirements.txt`.
"""

import argparse
import contextlib
import itertools
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from whole_studies import PROJECT, prepared_images

#: A function from a number to (seconds, loss).
Act = Callable[[int], tuple[float, float | None]]

TINY = PROJECT / "tests" / "data" / "fashion-mnist-tiny"
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
#: batch size, hidden layers, activation, dropout
NETWORKS = [
    (100, (128, 64), "relu", 0.0),
    (100, (128, 64), "relu", 0.1),
    (10, (30,), "sigmoid", 0.0),
    (10, (128, 64), "relu", 0.0),
    (1000, (512, 512), "relu", 0.0),
]
#: Mean losses of the first epoch may differ by so much, relative: by rounding, or by the masks of
#: dropout, of which each draws its own.
TOLERANCE = {False: 0.01, True: 0.05}


def measure(images: np.ndarray, labels: np.ndarray, rounds: int, short: bool) -> dict:
    """Return {"epochs": rows, "evaluations": rows}; prints the seconds as it goes.

    images: uint8 [n, pixels]; labels: uint8 [n]. Raises SystemExit if the losses do not agree.
    """
    from contenders import OPTIMIZERS, Case, present

    names = present()
    networks, optimizers = (NETWORKS[:3], ["SGD", "Adam"]) if short else (NETWORKS, OPTIMIZERS)
    rows = []
    with workers([*names, "floor"], images, labels) as ways:
        for network, optimizer in itertools.product(networks, optimizers):
            rows.append(time_epochs(ways, Case(*network, optimizer), rounds))
            print(f"{rows[-1]['network']}, {optimizer}:", seconds_text(rows[-1], ways), flush=True)
        evaluations = [
            time_evaluations(ways, Case(*network, "SGD"), rounds, len(labels))
            for network in networks
            if not network[-1]
        ]
    return {"epochs": rows, "evaluations": evaluations}


def time_epochs(ways: dict[str, Connection], case: tuple, rounds: int) -> dict:
    """Return the median seconds of an epoch by contender, and losses that agree."""
    for name, way in ways.items():
        ask(way, (multiply, "step", case) if name == "floor" else (train, name, case))
    times, losses = {name: [] for name in ways}, {name: [] for name in ways if name != "floor"}
    for number in range(1, rounds + 2):
        for name, way in ways.items():
            seconds, loss = ask(way, number)
            if name != "floor":
                losses[name].append(loss)
            if number > 1:
                times[name].append(seconds)
    agree(case, losses)
    return {
        "network": case.title,
        "batch_size": case.batch_size,
        "dropout": case.dropout,
        "optimizer": case.optimizer,
        "rounds": rounds,
        **medians(times),
        "losses": {name: values[-1] for name, values in losses.items()},
    }


def time_evaluations(ways: dict[str, Connection], case: tuple, rounds: int, images: int) -> dict:
    """Return median seconds of an evaluation by the project, and by its products alone."""
    ask(ways["project"], (evaluate, case))
    ask(ways["floor"], (multiply, "evaluation", case))
    times = {"project": [], "floor": []}
    for number in range(rounds + 1):
        for name, values in times.items():
            seconds, _ = ask(ways[name], number)
            if number:
                values.append(seconds)
    return {"network": case.title, "images": images, "rounds": rounds, **medians(times)}


def medians(times: dict[str, list[float]]) -> dict[str, float]:
    """Return the median of each."""
    return {name: statistics.median(values) for name, values in times.items()}


def seconds_text(row: dict, names: Iterable[str]) -> str:
    """Return such as "project 0.190 s, JAX 0.180 s"."""
    return ", ".join(f"{name} {row[name]:.3f} s" for name in names)


def agree(case: tuple, losses: dict[str, list[float]]) -> None:
    """Raise SystemExit unless the contenders had the same loss in the first epoch.

    Later ones may drift apart, since roundings grow.
    """
    agree_within(TOLERANCE[case.dropout > 0], f"{case.title}, {case.optimizer}", losses)


def agree_within(tolerance: float, title: str, losses: dict[str, list[float]]) -> None:
    """Raise SystemExit unless the first losses differ by no more, relative."""
    first = [values[0] for values in losses.values()]
    if not max(first) - min(first) <= tolerance * max(first):
        sys.exit(f"{title}: the losses do not agree: {losses}")


# ---- Processes that wait for a number and answer when they have done their part ------------------


@contextlib.contextmanager
def workers(
    names: Iterable[str], images: np.ndarray, labels: np.ndarray
) -> Iterator[dict[str, Connection]]:
    """Start a process for each name, which does as `work` says; ends them in the end."""
    context = multiprocessing.get_context("spawn")
    processes, connections = [], {}
    for name in names:
        connections[name], theirs = context.Pipe()
        processes.append(context.Process(target=work, args=(theirs, images, labels)))
        processes[-1].start()
    try:
        yield connections
    finally:
        for process in processes:
            process.terminate()
            process.join()


def work(connection: Connection, images: np.ndarray, labels: np.ndarray) -> None:
    """Make a function from what comes, (maker, arguments…), and call it with numbers that come."""
    import torch

    torch.set_num_threads(1)
    act = None
    while True:
        message = connection.recv()
        if isinstance(message, int):
            connection.send(act(message))
        else:
            make, *arguments = message
            act = make(*arguments, images, labels)
            connection.send(None)


def ask(connection: Connection, message: object) -> object:
    """Return the answer of a worker."""
    connection.send(message)
    return connection.recv()


def timed(turn: Callable[[int], float], clock: Callable[[], float] = time.perf_counter) -> Act:
    """Return a function that gives (seconds of a turn, its loss)."""

    def act(number: int) -> tuple[float, float]:
        started = clock()
        loss = turn(number)
        return clock() - started, loss

    return act


def train(name: str, case: tuple, images: np.ndarray, labels: np.ndarray) -> Act:
    """Return a function from the number of an epoch to (seconds, loss)."""
    from contenders import CONTENDERS

    return timed(CONTENDERS[name](case, images, labels))


def evaluate(case: tuple, images: np.ndarray, labels: np.ndarray) -> Act:
    """Return a function that gives (seconds of an evaluation of all images, its loss)."""
    from contenders import FORM

    from lr_atlas.training.image_sets import image_set
    from lr_atlas.training.trainer import Trainer

    image_set = image_set(images, labels, "cpu")
    trainer = Trainer(case.configuration, image_set, FORM)
    return timed(lambda _: trainer.steps.evaluate(image_set).loss)


def multiply(what: str, case: tuple, images: np.ndarray, labels: np.ndarray) -> Act:
    """Return a function that gives (seconds of the products of an epoch or evaluation, None)."""
    from floor import evaluation_products, seconds, step_products

    widths, count = [images.shape[1], *case.hidden, 10], len(labels)

    def act(_: int) -> tuple[float, None]:
        if what == "step":
            rows = case.batch_size
            return seconds(step_products(widths, rows)) * count / rows, None
        # The size of the pieces is the one that is fastest.
        times = [seconds(evaluation_products(widths, rows)) * count / rows for rows in (500, 2000)]
        return min(times), None

    return act


def load(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return (images uint8 [n, pixels], labels uint8 [n]) of a file of the project's."""
    from lr_atlas.data.image_files import load_images

    return load_images(path)


def use_one_core() -> None:
    """Keep this process, and those that it starts, on one core and one thread."""
    os.environ.update(ONE_THREAD)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with the images; fetched without it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="a few hundred images")
    given = parser.parse_args()
    loaded = load(prepared_images(TINY if given.short else given.data))
    use_one_core()
    print(json.dumps(measure(*loaded, given.rounds, given.short), indent=2))
