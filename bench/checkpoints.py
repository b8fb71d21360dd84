"""Measure the cost of checkpoints and fingerprints, and print it as a Markdown table.

    .venv/bin/python bench/checkpoints.py results/data/<data>/train.npz

For each network the same run is trained with and without checkpoints, in turn, so that both see the
same noise of the machine. `share` adds up the time inside the writing of checkpoints; `ratio` is
the median of the time with over the time without, per pair.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "scripts"))

from lr_atlas.runs.checkpoints import Origin  # noqa: E402
from lr_atlas.runs.training_code import training_code  # noqa: E402
from lr_atlas.runs.training_job import CheckpointKeeper, train_run  # noqa: E402

PAPER_1 = {"hidden": [128, 64], "dropout": 0.1}
PAPER_2 = {"hidden": [30], "activation": "sigmoid"}
RUNS = {
    "784-128-64-10, batch 100, SGD": (PAPER_1, 100, {"name": "sgd", "lr": 0.1}),
    "784-128-64-10, batch 100, Adam": (PAPER_1, 100, {"name": "adam", "lr": 0.001}),
    "784-30-10, batch 10, Adam": (PAPER_2, 10, {"name": "adam", "lr": 0.01}),
    "784-512-512-10, batch 1000, Adam": (
        {"hidden": [512, 512]},
        1000,
        {"name": "adam", "lr": 0.001},
    ),
}


class TimedKeeper(CheckpointKeeper):
    """Adds up what the writing of checkpoints takes."""

    seconds = 0.0
    written = 0

    def save(self, description=None):
        """Save as the original does, and add the time it takes."""
        started = time.perf_counter()
        super().save(description)
        TimedKeeper.seconds += time.perf_counter() - started
        TimedKeeper.written += 1


def main(images: Path, epochs: int, repeats: int) -> None:
    """Print the table."""
    import lr_atlas.runs.training_job as job

    job.CheckpointKeeper = TimedKeeper
    code = training_code()
    print(f"{epochs} epochs, {repeats} pairs; medians\n")
    print("| run | training (s) | checkpoints | each (ms) | size (MB) | share (%) | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, (model, batch_size, optimizer) in RUNS.items():
        configuration = {
            "dataset": "mnist",
            "seed": 0,
            "model": model,
            "batch_size": batch_size,
            "optimizer": optimizer,
        }
        origin = Origin(configuration, code, {"train.npz": ""}, "")
        rows = [measure(origin, images, epochs, bool(i % 2)) for i in range(repeats)]
        seconds, written, each, size, share, ratio = map(statistics.median, zip(*rows, strict=True))
        print(
            f"| {name} | {seconds:.1f} | {written:.0f} | {1000 * each:.1f} | {size / 1e6:.1f} "
            f"| {100 * share:.2f} | {ratio:.3f} |"
        )
    print()
    times = []
    for _ in range(20):
        started = time.perf_counter()
        training_code()
        times.append(time.perf_counter() - started)
    print(f"Fingerprint of the training code, {len(code)} files: ", end="")
    print(f"{1000 * statistics.median(times):.0f} ms (median of 20).")


def measure(origin: Origin, images: Path, epochs: int, with_first: bool) -> tuple[float, ...]:
    """Return (seconds without, checkpoints, seconds each, bytes, share of time, with / without)."""
    seconds = {}
    for keeping in (True, False) if with_first else (False, True):
        with tempfile.TemporaryDirectory() as folder:
            TimedKeeper.seconds, TimedKeeper.written = 0.0, 0
            started = time.perf_counter()
            train_run(origin, epochs, [images], "cpu", [Path(folder)] if keeping else [])
            seconds[keeping] = time.perf_counter() - started
            if keeping:
                spent, written = TimedKeeper.seconds, TimedKeeper.written
                size = next(Path(folder).rglob("*.zip")).stat().st_size
    share = spent / seconds[True]
    return seconds[False], written, spent / written, size, share, seconds[True] / seconds[False]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path, help="train.npz of MNIST or Fashion-MNIST")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=5)
    main(**vars(parser.parse_args()))
