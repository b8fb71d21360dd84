"""How long an epoch and an evaluation take: LR Atlas against the other ways, and the floor.

    .venv/bin/python bench/epochs.py
    .venv/bin/python bench/epochs.py --short     # a few hundred images, as a test

Each contender has a process of its own, on the same core and with one thread, and they take turns,
an epoch each (A B C A B C …), so that whatever disturbs the machine disturbs all. The first epoch,
in which some compile, is not counted. Reported are medians. JAX takes part where it is installed:
`.venv/bin/pip install -r bench/requirements.txt`.
"""

import argparse
import contextlib
import importlib.util
import itertools
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "scripts"))

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
#: Mean losses of an epoch may differ by so much, relative: by rounding, or by the masks of dropout,
#: which JAX draws otherwise.
TOLERANCE = {False: 0.01, True: 0.05}


def measure(images: np.ndarray, labels: np.ndarray, rounds: int, short: bool) -> dict:
    """{"epochs": rows, "evaluations": rows} of plain values; prints each as it is known.

    images: uint8 [n, pixels]; labels: uint8 [n]. Raises SystemExit if the losses do not agree.
    """
    from contenders import OPTIMIZERS, Case

    networks, optimizers = (NETWORKS[:3], ["SGD", "Adam"]) if short else (NETWORKS, OPTIMIZERS)
    epochs = []
    for network, optimizer in itertools.product(networks, optimizers):
        case = Case(*network, optimizer)
        epochs.append(time_epochs(case, images, labels, rounds))
        print(json.dumps(epochs[-1]), flush=True)
    evaluations = [
        time_evaluations(Case(*network, "SGD"), images, labels, rounds)
        for network in networks
        if not network[-1]
    ]
    return {"epochs": epochs, "evaluations": evaluations}


def time_epochs(case: tuple, images: np.ndarray, labels: np.ndarray, rounds: int) -> dict:
    """Median seconds of an epoch by contender, and that the losses agree."""
    from contenders import CONTENDERS

    names = [name for name in CONTENDERS if name != "JAX" or importlib.util.find_spec("optax")]
    times, losses = {name: [] for name in [*names, "floor"]}, {name: [] for name in names}
    with (
        workers({name: (train, name, case, images, labels) for name in names}) as ways,
        workers({"floor": (multiply, "step", case, len(labels))}) as floor,
    ):
        for number in range(1, rounds + 2):
            for name in names:
                seconds, loss = ask(ways[name], number)
                losses[name].append(loss)
                if number > 1:
                    times[name].append(seconds)
            if number > 1:
                times["floor"].append(ask(floor["floor"], number))
    agree(case, losses)
    return {
        "network": case.title,
        "batch_size": case.batch_size,
        "optimizer": case.optimizer,
        "rounds": rounds,
        **{name: statistics.median(values) for name, values in times.items()},
        "losses": {name: values[-1] for name, values in losses.items()},
    }


def time_evaluations(case: tuple, images: np.ndarray, labels: np.ndarray, rounds: int) -> dict:
    """Median seconds of the evaluation of all images, of the project and of its products alone."""
    jobs = {
        "project": (evaluate, case, images, labels),
        "floor": (multiply, "evaluation", case, len(labels)),
    }
    times = {name: [] for name in jobs}
    with workers(jobs) as ways:
        for number in range(rounds + 1):
            for name, way in ways.items():
                seconds = ask(way, number)
                if number:
                    times[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {"network": case.title, "images": len(labels), "rounds": rounds, **medians}


def agree(case: tuple, losses: dict[str, list[float]]) -> None:
    """Raise SystemExit unless the contenders had the same losses in each epoch."""
    for of_epoch in zip(*losses.values(), strict=True):
        spread = max(of_epoch) - min(of_epoch)
        if not spread <= TOLERANCE[case.dropout > 0] * max(of_epoch):
            sys.exit(f"{case.title}, {case.optimizer}: the losses do not agree: {losses}")


# ---- Processes that wait for a number and answer when they have done their part ------------------


@contextlib.contextmanager
def workers(jobs: dict[str, tuple]) -> Iterator[dict[str, Connection]]:
    """Start a process for each {name: (function, its arguments…)}; ends them in the end."""
    context = multiprocessing.get_context("spawn")
    processes, connections = [], {}
    for name, (function, *arguments) in jobs.items():
        connections[name], theirs = context.Pipe()
        processes.append(context.Process(target=work, args=(theirs, function, arguments)))
        processes[-1].start()
    try:
        yield connections
    finally:
        for process in processes:
            process.terminate()
            process.join()


def work(connection: Connection, function: object, arguments: list) -> None:
    """Make what `function` gives for the arguments, and call it with each number that comes."""
    import torch

    torch.set_num_threads(1)
    act = function(*arguments)
    while True:
        connection.send(act(connection.recv()))


def ask(connection: Connection, number: int) -> object:
    """The answer of a worker."""
    connection.send(number)
    return connection.recv()


def train(name: str, case: tuple, images: np.ndarray, labels: np.ndarray) -> object:
    """A function from the number of an epoch to (seconds, loss)."""
    from contenders import CONTENDERS

    epoch = CONTENDERS[name](case, images, labels)

    def act(number: int) -> tuple[float, float]:
        started = time.perf_counter()
        loss = epoch(number)
        return time.perf_counter() - started, loss

    return act


def evaluate(case: tuple, images: np.ndarray, labels: np.ndarray) -> object:
    """A function that gives the seconds of an evaluation of all images."""
    from lr_atlas.image_sets import image_set
    from lr_atlas.training import Trainer

    image_set = image_set(images, labels, "cpu")
    trainer = Trainer(case.configuration, image_set, 10)

    def act(_: int) -> float:
        started = time.perf_counter()
        trainer.steps.evaluate(image_set)
        return time.perf_counter() - started

    return act


def multiply(what: str, case: tuple, count: int) -> object:
    """A function that gives the seconds of the products of an epoch, or of an evaluation."""
    from floor import evaluation_products, seconds, step_products

    widths = [784, *case.hidden, 10]

    def act(_: int) -> float:
        if what == "step":
            return seconds(step_products(widths, case.batch_size)) * count / case.batch_size
        # In pieces of the size that is the fastest.
        return min(
            seconds(evaluation_products(widths, rows)) * count / rows for rows in (500, 2000)
        )

    return act


def load(directory: Path | None, short: bool) -> tuple[np.ndarray, np.ndarray]:
    """(images uint8 [n, pixels], labels uint8 [n]): Fashion-MNIST's training images, or a few."""
    from whole_studies import prepared_images

    from lr_atlas.image_files import load_images

    images, labels = load_images(prepared_images(TINY if short else directory))
    return images, labels


def use_one_core() -> None:
    """For this process and those that it starts."""
    os.environ.update(ONE_THREAD)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with the images; fetched without it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="a few hundred images")
    given = parser.parse_args()
    loaded = load(given.data, given.short)
    use_one_core()
    measure(*loaded, given.rounds, given.short)
