"""Test and measure training on a GPU, in twenty minutes: correctness first, then the table.

    .venv/bin/python bench/gpu.py
    .venv/bin/python bench/gpu.py --device cpu --short     # shows without a card that it works

Runs the tests in tests/gpu; compares bytes of runs that are trained as one, each time, in other
rows and at other widths; measures epochs of runs alone and as one. Writes results/bench/gpu.md and
gpu.csv. A row for which no time is left says so. Ends with 1 if something is not as it should be.
"""

import argparse
import csv
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from whole_studies import PROJECT

OUTPUT = PROJECT / "results" / "bench"
#: Runs that are trained as one.
WIDTHS = (1, 8, 64)
#: Epochs that count, after one that does not.
_ROUNDS = 3
_SHORT_IMAGES, _BYTES_IMAGES = 80, 1_000
#: Times of one epoch alone that a stack of so many may take.
GOALS = {("784-128-64-10", 64): 3.0, ("cnn 16, 32", 64): 8.0}
#: Seconds of training that an epoch of a run alone may take; of resnet20, times the plain loop.
SECONDS = {"784-128-64-10": 0.1, "2c2d": 1.0}
_LOOP_GOAL = 1.3
#: Losses on a card and a processor differ by no more, relative.
_DISTANCE = 1e-3
COLUMNS = ("what", "network", "runs", "value", "unit", "goal", "met")
NOT_DONE = "time was up"
Row = dict[str, object]


def row(what: str, of: tuple[str, int], value: object, unit: str = "", goal: object = "") -> Row:
    """Return a row of the table; whether a goal is met follows from the value.

    of: a network, and the number of runs.
    """
    met = ""
    if isinstance(goal, float) and isinstance(value, float):
        met = "yes" if value <= goal else "no"
    elif isinstance(value, bool):
        met, value = ("yes" if value == goal else "no") if goal != "" else "", str(value).lower()
    cells = (what, *of, value, unit, str(goal).lower(), met)
    return dict(zip(COLUMNS, cells, strict=True))


def tests(device: str, short: bool) -> Row:
    """Return the row of the tests in tests/gpu; prints what pytest says."""
    chosen = ["-k", "untouched"] if short else []
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/gpu", *chosen]
    process = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    print(process.stdout[-4_000:], flush=True)
    said = process.stdout.strip().splitlines() or [process.stderr.strip()]
    passed = process.returncode == 0 and (device == "cpu" or " passed" in said[-1])
    return row(f"tests/gpu: {said[-1].strip('= ')}", ("", 0), passed, goal=True)


def bytes_of(case: tuple, device: str, short: bool) -> Iterator[Row]:
    """Yield rows that say upon what the bytes of a run in a stack depend."""
    from gpu_cases import alone, small, stacked

    case = small(case, _SHORT_IMAGES if short else _BYTES_IMAGES)
    widths = (2, 3) if short else (2, 8, 64)
    seeds = [0, 1]
    first = stacked(case, seeds, widths[0], 1, device)
    again = stacked(case, seeds, widths[0], 1, device)
    other_row = stacked(case, seeds[::-1], widths[0], 1, device)
    beside = stacked(case, [0], widths[0], 1, device)
    one = alone(case, 0, 1, device)
    processor = alone(case, 0, 1, "cpu")
    name = case.name
    yield row("same bytes again", (name, 2), first.weights == again.weights, goal=True)
    yield row(
        "same bytes in another row", (name, 2), first.weights == other_row.weights[::-1], "", True
    )
    yield row(
        "same bytes beside nobody", (name, 1), first.weights[0] == beside.weights[0], "", True
    )
    yield row("same bytes as alone", (name, 1), first.weights[0] == one.weights[0])
    for width in widths[1:]:
        found = stacked(case, seeds, width, 1, device)
        yield row(f"same bytes at width {widths[0]}", (name, width), first.weights == found.weights)
    for what, found in (("alone", one), ("stacked", first)):
        distance = abs(found.losses[0] / processor.losses[0] - 1)
        yield row(f"distance from a processor, {what}", (name, 1), distance, "", _DISTANCE)


def speed_of(case: tuple, device: str, short: bool, until: float) -> Iterator[Row]:
    """Yield rows of the seconds of an epoch, alone and stacked, as long as there is time."""
    import torch
    from gpu_cases import alone, plain_loop, small, stacked

    case = small(case, _SHORT_IMAGES) if short else case
    name, epochs = case.name, 1 + (1 if short else _ROUNDS)
    one = alone(case, 0, epochs, device)
    training = statistics.median(one.training[1:])
    yield row("training of an epoch, alone", (name, 1), training, "s", SECONDS.get(name, ""))
    epoch = statistics.median(one.epochs[1:])
    yield row("epoch with evaluation, alone", (name, 1), epoch, "s")
    loop = statistics.median(plain_loop(case, epochs, device)[1:])
    yield row("training of an epoch, plain loop of torch", (name, 1), loop, "s")
    goal = _LOOP_GOAL if name == "resnet20" else ""
    yield row("training alone / plain loop", (name, 1), training / loop, "x", goal)
    yield from rounded(case, device, epochs, one.losses[0])
    for width in WIDTHS[:2] if short else WIDTHS:
        if time.monotonic() > until:
            yield row("epoch with evaluation, stacked / alone", (name, width), NOT_DONE)
            continue
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        try:
            together = stacked(case, range(width), width, epochs, device)
        except RuntimeError as error:  # the memory of the card is full
            yield row("epoch with evaluation, stacked", (name, width), str(error).splitlines()[0])
            continue
        yield row("memory of a stack, guessed", (name, width), together.row * width / 2**20, "MB")
        if device == "cuda":
            most = torch.cuda.max_memory_allocated() / 2**20
            yield row("memory at most, images too", (name, width), most, "MB")
        seconds = statistics.median(together.epochs[1:])
        yield row("epoch with evaluation, stacked", (name, width), seconds, "s")
        goal = GOALS.get((name, width), "")
        yield row(
            "epoch with evaluation, stacked / alone", (name, width), seconds / epoch, "x", goal
        )


def rounded(case: tuple, device: str, epochs: int, loss: float) -> Iterator[Row]:
    """Yield rows of runs alone in other precisions. loss: at the end of the run of float32."""
    from gpu_cases import alone

    from lr_atlas.common.errors import UserError

    for precision in ("tf32", "bfloat16") if device == "cuda" else ("bfloat16",):
        try:
            found = alone(case, 0, epochs, device, precision)
        except UserError as error:  # an older card has none
            yield row(f"training of an epoch, alone, {precision}", (case.name, 1), str(error))
            continue
        seconds = statistics.median(found.training[1:])
        yield row(f"training of an epoch, alone, {precision}", (case.name, 1), seconds, "s")
        distance = abs(found.losses[0] / loss - 1)
        yield row(f"distance of its loss from float32, {precision}", (case.name, 1), distance)


def as_markdown(title: str, rows: Sequence[Row]) -> str:
    """Return a page with the table."""
    lines = [f"# {title}", "", f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
    for each in rows:
        cells = (f"{v:.4g}" if isinstance(v, float) else str(v) for v in each.values())
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write(title: str, rows: Sequence[Row], folder: Path) -> None:
    """Write the table as far as it is there, so that what was measured is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gpu.md").write_text(as_markdown(title, rows), encoding="utf-8")
    with open(folder / "gpu.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)


def main(device: str, short: bool, minutes: float, output: Path) -> None:
    """Test, measure and write; raises SystemExit."""
    import torch
    from gpu_cases import CASES

    from lr_atlas.common.machine import processor
    from lr_atlas.runs.training_job import choose_device

    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch finds no GPU here; --device cpu --short shows that this script works")
    until = time.monotonic() + 60 * minutes
    torch.set_num_threads(1)
    choose_device(device)
    card = torch.cuda.get_device_name() if device == "cuda" else f"no GPU, {processor()}"
    title = f"{card}, torch {torch.__version__}{', a few images' if short else ''}"
    cases = CASES[:2] if short else CASES
    rows: list[Row] = []
    checks = itertools.chain([tests(device, short)], *(bytes_of(e, device, short) for e in cases))
    speeds = itertools.chain(*(speed_of(each, device, short, until) for each in cases))
    for each in itertools.chain(checks, speeds):
        rows.append(each)
        print(*each.values(), sep="  ", flush=True)
        write(title, rows, output)
    wrong = [each for each in rows if each["goal"] == "true" and each["met"] == "no"]
    sys.exit(f"{len(wrong)} of the checks are not as they should be" if wrong else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--short", action="store_true", help="a few images, no judgement of speed")
    parser.add_argument("--minutes", type=float, default=20, help="after which nothing is begun")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder of gpu.md, gpu.csv")
    main(**vars(parser.parse_args()))
