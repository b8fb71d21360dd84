"""Measure epochs, evaluations, a job's life, planning and the default studies: `make bench`.

    .venv/bin/python bench              # half an hour
    .venv/bin/python bench --short      # a minute: does it run, do the losses agree

Writes results/bench/bench.json, bench.md and the figures beside it, and prints the table. Numbers
compare what was measured in the same run: ratios, medians, on one core where not said otherwise.
"""

import argparse
import json
import os
from pathlib import Path

import epochs
import image_steps
import job_life
import large_study
import scale
import step_extras
import torch
from figures import draw
from table import as_markdown
from whole_studies import PROJECT, default_studies, prepared_images

from lr_atlas.common.machine import core_count, processor
from lr_atlas.training.blas import blas_version

OUTPUT = PROJECT / "results" / "bench"


def main(data: Path | None, rounds: int, short: bool) -> None:
    """Measure, write and print."""
    cores = core_count()
    images = prepared_images(epochs.TINY if short else data)
    results = {
        "short": short,
        "machine": {"processor": processor(), "cores": cores, "card": card()},
        "planning": measure_planning(short),
        "studies": None if short else default_studies(cores),
        "job": job_life.measure(images, epochs=10, repeats=1 if short else 5),
    }
    loaded = epochs.load(images)
    everywhere = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    epochs.use_one_core()
    results |= epochs.measure(*loaded, rounds, short)
    results["extras"] = step_extras.measure(*loaded, 1 if short else 31, short)
    results["convolutional"] = image_steps.measure(*loaded, 1 if short else 9, short)
    if everywhere:
        os.sched_setaffinity(0, everywhere)
    results["machine"]["blas"] = blas_version()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "bench.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    (OUTPUT / "bench.md").write_text(as_markdown(results), encoding="utf-8")
    draw(results, OUTPUT)
    print(as_markdown(results))
    print(f"Wrote {OUTPUT.relative_to(PROJECT)}/bench.json, bench.md and two figures.")


def card() -> str:
    """Return the name of the GPU, or "no card"."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "no card"


def measure_planning(short: bool) -> list[dict]:
    """Return seconds of dry run, real run and run with nothing to do, of growing studies."""
    if short:
        return [scale.measure_real(10)]
    real = [scale.measure_real(runs) for runs in (10, 100, 1_000)]
    return [*real, large_study.measure_planning(10_000)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with the images; fetched without it")
    parser.add_argument("--rounds", type=int, default=3, help="epochs of each that count")
    parser.add_argument("--short", action="store_true", help="a few hundred images, no judgement")
    main(**vars(parser.parse_args()))
