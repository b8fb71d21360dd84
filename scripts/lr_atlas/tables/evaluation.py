"""Trained networks on the test images: the only place where a choice meets them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import read_plain
from lr_atlas.data.datasets import shape_and_classes
from lr_atlas.data.image_files import load_images
from lr_atlas.runs.run_files import MODEL
from lr_atlas.studies.grid import Run
from lr_atlas.tables.collect import DamagedRunError, check_images, images_of, read_run, run_folder
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.image_sets import ImageSet, image_set
from lr_atlas.training.network import build_network, load_weights
from lr_atlas.training.parts import load_part
from lr_atlas.training.transforms.scale import scale

_PIECE = 2_000
_MOST_MISTAKES = 20


@dataclass(frozen=True)
class Answers:
    """What one run answers for the test images."""

    run: Run
    status: str  # as in run.json
    loss: float  # mean per image; NaN for a run that diverged, which answers nothing
    predicted: np.ndarray  # uint8 [n], empty for a run that diverged
    probability: np.ndarray  # float32 [n], of the predicted class


def answer_all(
    runs: Sequence[Run], runs_directory: Path, test_images: Path, trained_on: str
) -> tuple[list[Answers], np.ndarray, np.ndarray]:
    """Return (Answers of each run after its last epoch, images uint8 [n, 784], labels uint8 [n]).

    runs_directory: the folder of all runs. trained_on: the digests of the images of the runs that
    settings were chosen by (collect.images_of). Raises UserError if a run's files cannot be read or
    cannot be, or if it was trained on other images.
    """
    folders = [run_folder(runs_directory, run) for run in runs]
    descriptions = [read_run(folder, run)[0] for folder, run in zip(folders, runs, strict=True)]
    check_images(folders, descriptions)
    if descriptions and images_of(descriptions[0]) != trained_on:
        raise UserError(
            f"the runs that are tested, such as {folders[0]}, were trained on images with the "
            f"digest {images_of(descriptions[0])}, those that settings were chosen by on "
            f"{trained_on}. Delete the folders of those that were trained on the wrong ones and "
            "start again: they are trained again"
        )
    images, labels = load_images(test_images)
    test_set = image_set(images, labels, "cpu")
    statuses = [description["status"] for description in descriptions]
    answers = [
        answer(run, status, folder, test_set)
        for run, status, folder in zip(runs, statuses, folders, strict=True)
    ]
    return answers, images, labels


def answer(run: Run, status: str, folder: Path, test_set: ImageSet) -> Answers:
    """Return the answers of the run in a folder. Raises UserError for unreadable weights."""
    if status == "diverged":
        return Answers(run, status, np.nan, np.empty(0, np.uint8), np.empty(0, np.float32))
    configuration = complete_configuration(run.configuration)
    form = shape_and_classes(configuration["dataset"])
    network = build_network(configuration["model"], *form, run.seed)
    try:
        load_weights(network, read_plain(folder / MODEL))
        if not all(weights.isfinite().all() for weights in network.state_dict().values()):
            raise ValueError("it holds weights that are not finite numbers")
    # Whatever torch's reader comes up with.
    except Exception as error:
        raise DamagedRunError(folder, f"{folder / MODEL} cannot be used: {error}") from None
    logits = _logits(network, test_set, configuration["pixels"])
    loss = float(load_part("loss", configuration["loss"])(logits, test_set.labels))
    probability, predicted = torch.softmax(logits, dim=1).max(dim=1)
    return Answers(
        run,
        status,
        loss,
        predicted.numpy().astype(np.uint8),
        probability.numpy().astype(np.float32),
    )


@torch.no_grad()
def _logits(network: torch.nn.Module, test_set: ImageSet, pixels: list[float]) -> torch.Tensor:
    """Return float32 [n, classes], in evaluation mode."""
    network.eval()
    factor, summand = scale(pixels)
    pieces = test_set.images.split(_PIECE)
    return torch.cat([network(piece.float() * factor + summand) for piece in pieces])


def test_table(answers: Sequence[Answers], labels: np.ndarray, confirming: bool) -> pd.DataFrame:
    """Return a row per run: what it is, seed, status, test_loss and test_accuracy (0..1).

    labels: uint8 [n]. confirming: whether the runs are others than those that settings were chosen
    by. Loss and accuracy are NaN for a run that diverged. chance is the share of the most frequent
    class among the labels, 0..1.
    """
    columns = {
        "optimizer": [each.run.parameters["optimizer"] for each in answers],
        "setting": [each.run.setting for each in answers],
        "learning_rate": [each.run.parameters["learning_rate"] for each in answers],
        "run": [each.run.name for each in answers],
        "seed": [each.run.seed for each in answers],
        "confirmation": [confirming] * len(answers),
        "status": [each.status for each in answers],
        "test_loss": [each.loss for each in answers],
        "test_accuracy": [
            float((each.predicted == labels).mean()) if len(each.predicted) else np.nan
            for each in answers
        ],
        "chance": [np.bincount(labels).max() / len(labels)] * len(answers),
    }
    return pd.DataFrame(columns)


def confusion_table(answers: Sequence[Answers], labels: np.ndarray) -> pd.DataFrame:
    """Return how often each class (label) was answered as which (predicted).

    Returns a DataFrame with optimizer, setting, runs (over how many is summed), label, predicted,
    images: a row per setting, label and predicted class, also where images is 0. Runs that diverged
    are left out.
    """
    columns = ["optimizer", "setting", "runs", "label", "predicted", "images"]
    counts: dict[tuple[str, str], np.ndarray] = {}
    numbers: dict[tuple[str, str], int] = {}
    for each in answers:
        if len(each.predicted):
            key = (each.run.parameters["optimizer"], each.run.setting)
            classes = shape_and_classes(each.run.configuration["dataset"])[1]
            cells = labels.astype(np.int64) * classes + each.predicted
            count = np.bincount(cells, minlength=classes**2)
            counts[key] = counts.get(key, 0) + count
            numbers[key] = numbers.get(key, 0) + 1
    rows = [
        (*key, numbers[key], label, predicted, images)
        for key, count in counts.items()
        for label, row in enumerate(count.reshape(math.isqrt(len(count)), -1).tolist())
        for predicted, images in enumerate(row)
    ]
    return pd.DataFrame(rows, columns=columns)


def mistakes(answers: Sequence[Answers], images: np.ndarray, labels: np.ndarray) -> dict:
    """Return the mistakes of which the first run that did not diverge is surest, at most 20.

    Returns arrays for a .npz file: images uint8 [k, 784], labels and predicted uint8 [k],
    probability float32 [k] (of the predicted class); setting and seed of the run. k may be 0.
    """
    first = next((each for each in answers if len(each.predicted)), None)
    if first is None:
        wrong, predicted, probability = np.empty(0, int), np.empty(0, np.uint8), np.empty(0, "f4")
    else:
        predicted, probability = first.predicted, first.probability
        wrong = np.flatnonzero(predicted != labels)
        wrong = wrong[np.argsort(-probability[wrong], kind="stable")][:_MOST_MISTAKES]
    return {
        "images": images[wrong],
        "labels": labels[wrong],
        "predicted": predicted[wrong],
        "probability": probability[wrong],
        "setting": np.array(first.run.setting if first else ""),
        "seed": np.array(first.run.seed if first else -1),
    }
