"""Seconds of an epoch on this machine, measured in a moment where no past run tells.

Real steps of training on made-up images: how long they take does not depend on what is shown.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.safe_files import read_plain
from lr_atlas.runs.run_costs import Shape
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import CLASSIFICATION, Form

#: Seconds that all measurements together should take, beside importing torch.
_SECONDS = 2.0
#: A measurement needs so many of an epoch's images; the rest takes as long each.
_MOST_IMAGES = 10_000


def measured_epochs(
    shapes: Mapping[Shape, dict], forms: Mapping[str, Form], code: dict[str, str], kept: Path
) -> dict[Shape, float]:
    """Return the seconds of an epoch with its evaluation, by shape.

    shapes: a canonical configuration for each. forms: of their data sets, by name. code: the
    digests of the training code. kept: a JSON file with earlier measurements, which are not
    repeated; it is written if it can be.
    Empty where there is no torch, on a GPU, of which a moment tells little, and of a program, of
    which nobody knows the device.
    """
    try:
        found = json.loads(read_plain(kept))
    except (OSError, ValueError):
        found = {}
    keys = {
        shape: _key(shape, forms[configuration["dataset"]], code)
        for shape, configuration in shapes.items()
        if shape.device == "cpu"
    }
    missing = [shape for shape in keys if keys[shape] not in found]
    if missing:
        try:
            found |= {
                keys[shape]: _seconds_of_epoch(
                    shape,
                    shapes[shape],
                    forms[shapes[shape]["dataset"]],
                    _SECONDS / len(missing),
                )
                for shape in missing
            }
        except ImportError:
            return {}
        _keep(kept, found)
    return {shape: found[key] for shape, key in keys.items() if key in found}


def _key(shape: Shape, form: Form, code: dict[str, str]) -> str:
    values = shape._asdict() | {"arguments": sorted(shape.arguments)}
    known = {"shape": values, "form": form, "code": code}
    return hashlib.sha256(canonical_json(known).encode()).hexdigest()


def _keep(path: Path, found: dict) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_atomically(path) as file:
            file.write(json.dumps(found).encode())
    except OSError:
        pass  # it is measured again next time


def _seconds_of_epoch(shape: Shape, canonical: dict, form: Form, budget: float) -> float:
    """Train and evaluate for about `budget` seconds, and return what a whole epoch would take."""
    import torch

    from lr_atlas.runs.precision import begun_trainer
    from lr_atlas.training.blas import use_threads
    from lr_atlas.training.image_sets import image_set
    from lr_atlas.training.steps import compiled as compiled_steps

    configuration = complete_configuration(canonical)
    use_threads(shape.threads)
    compiled_steps.prepare()
    count = min(shape.training_images, max(_MOST_IMAGES, shape.batch_size))
    random = np.random.default_rng(0)
    size = (count, *form.shape)
    inputs: np.ndarray = random.integers(0, 256, size, np.uint8)
    if len(form.shape) == 1:  # of a table
        inputs = random.random(size, np.float32)
    labels: np.ndarray = random.integers(0, max(form.classes, 2), count)
    if form.task != CLASSIFICATION:
        labels = random.random((count, form.outputs), np.float32)
    images = image_set(inputs, labels, "cpu")
    trainer = begun_trainer(configuration, images, form)
    order = torch.randperm(count)
    piece = order[: trainer.piece]
    trainer.steps.train(piece, 0)  # which also makes what is made once
    trained = _seconds_each(lambda: trainer.steps.train(piece, 0), budget / 2) / len(piece)
    few = images.take(piece)
    evaluated = _seconds_each(lambda: trainer.steps.evaluate(few), budget / 4) / len(piece)
    seen = shape.training_images + shape.validation_images
    return trained * shape.training_images + evaluated * seen * shape.evaluations


def _seconds_each(work: Callable[[], object], budget: float) -> float:
    """Do work again and again for some seconds, once at least; the median of its seconds."""
    taken: list[float] = []
    began = time.perf_counter()
    while not taken or time.perf_counter() - began < budget:
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))
