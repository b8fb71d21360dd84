"""Make the range tests of one study: train each optimizer while its learning rate rises.

Writes a table with a row per optimizer, seed and step: the learning rate and the loss.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_job
from lr_atlas.common.units import counted
from lr_atlas.data.stored_form import form_of
from lr_atlas.runs.own_files_option import add_own_files_option
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.parts import count_own_files_from

LOGGER = logging.getLogger(__name__)


def main(*, tests: str, images: Sequence[Path], device: str, own_files: Path, output: Path) -> None:
    """Write the table of the range tests (as JSON, see studies.range_tests.as_plain).

    images: the training images; then those of the validation, if they are others. own_files: the
    folder in which paths to files of one's own begin.
    """
    # Here, since torch takes a second to import, which `--help` does not need.
    from lr_atlas.runs.precision import use_precision
    from lr_atlas.runs.range_test import COLUMNS, range_test
    from lr_atlas.runs.training_job import choose_device, image_sets
    from lr_atlas.training.blas import use_threads

    count_own_files_from(own_files)
    asked = json.loads(tests)
    rates, chosen = asked["rates"], choose_device(device)
    rows: list[tuple] = []
    for test in asked["tests"]:
        for seed in asked["seeds"]:
            configuration = complete_configuration({**test["configuration"], "seed": seed})
            use_threads(configuration["threads"])
            use_precision(configuration, chosen)
            training_set, _ = image_sets(configuration, images, chosen)
            losses = range_test(configuration, training_set, form_of(images[0].parent), rates)
            LOGGER.info("%s, seed %d: %s", test["optimizer"], seed, counted(len(losses), "step"))
            rows += [
                (test["optimizer"], seed, step, rates[step - 1], loss)
                for step, loss in enumerate(losses, 1)
            ]
    lines = [",".join(map(str, row)) + "\n" for row in [COLUMNS, *rows]]
    with open_atomically(output) as file:
        file.write("".join(lines).encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", required=True, help="the range tests as JSON")
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="train.npz, test.npz")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--output", type=Path, required=True, help="the CSV file to write")
    add_own_files_option(parser)
    run_job(main, parser)
