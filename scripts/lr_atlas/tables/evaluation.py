"""Trained networks on the test images: the only place where a choice meets them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import read_plain
from lr_atlas.data.image_files import load_images
from lr_atlas.data.stored_form import GREY_IMAGES, form_of
from lr_atlas.runs.own_faults import own_faults_told
from lr_atlas.runs.run_files import MODEL
from lr_atlas.runs.training_code import code_of_own_parts
from lr_atlas.studies.grid import Run
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.tables.collect import check_images, images_of
from lr_atlas.tables.evaluated import Evaluated
from lr_atlas.tables.right_answers import joined, right_answers
from lr_atlas.tables.run_reading import DamagedRunError, read_run
from lr_atlas.tables.study_tables import test_columns
from lr_atlas.training.configuration import INITIALISATION, complete_configuration, seed_of
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet, image_set
from lr_atlas.training.loss import build_loss
from lr_atlas.training.metric import recorded_metrics
from lr_atlas.training.metrics_of_runs import Compute, chance, metric_functions
from lr_atlas.training.network import build_network, input_shape, load_weights
from lr_atlas.training.transform import normalises
from lr_atlas.training.transforms.scale import scale

_PIECE = 2_000
#: Evaluates fewer images at a time where they keep their shape: hidden values are many then.
_SHAPED_PIECE = 250
_MOST_MISTAKES = 20
_MOST_IN_A_BYTE = 256


@dataclass(frozen=True)
class Answers:
    """Hold the answers of one run to the test images."""

    run: Run
    status: str  # as in run.json
    loss: float  # mean per image; NaN for a run that diverged, which answers nothing
    #: The class of each image, int [n]; empty for a run that diverged, and for regression.
    predicted: np.ndarray
    probability: np.ndarray  # float32 [n], of the predicted class
    #: The other metrics, by their columns; those of a run that diverged are not there.
    values: dict[str, float] = field(default_factory=dict)
    form: Form = GREY_IMAGES


class Tested(NamedTuple):
    """Hold the examples that networks are tested on, and their form."""

    examples: ImageSet
    form: Form


def test_all(
    runs: Sequence[Run],
    runs_directory: Path,
    test_images: Sequence[Path],
    trained_on: Sequence[str],
    *,
    confirming: bool,
    metric: StudyMetric,
) -> Evaluated:
    """Return what the test images say of runs, each on the data of its own.

    runs: the best first. test_images: a file for each variant of the data. For the other arguments
    see `answer_all` and `test_table`; the mistakes are those on the data of the first run.
    """
    tables, confusions, rights, wrong = [], [], [], None
    for path, members in _by_data(runs, test_images):
        answers, images, labels = answer_all(members, runs_directory, path, trained_on, metric)
        tables.append(test_table(answers, labels, confirming, metric))
        confusions.append(confusion_table(answers, labels))
        answered = [(each.run.setting, each.predicted) for each in answers]
        rights.append(right_answers(answered, labels, path.parent.name))
        if wrong is None or not str(wrong["setting"]):
            wrong = mistakes(answers, images, labels)
    assert wrong is not None
    order = [run.name for run in runs]
    table = pd.concat(tables).sort_values("run", key=lambda names: names.map(order.index))
    found = [each for each in confusions if len(each)] or confusions[:1]
    confusion = pd.concat(found, ignore_index=True)
    return Evaluated(table.reset_index(drop=True), confusion, wrong, joined(rights))


def _by_data(
    runs: Sequence[Run], test_images: Sequence[Path]
) -> Iterable[tuple[Path, Sequence[Run]]]:
    """Yield the test images of each data set and its runs, those of the first run first."""
    if len(test_images) == 1 or not runs:
        return [(test_images[0], runs)]
    members: dict[str, list[Run]] = {}
    for run in runs:
        members.setdefault(run.configuration["data_digest"], []).append(run)
    # A folder's name ends in the beginning of its data's digest.
    ends = {path: path.parent.name.rpartition("-")[2] for path in test_images}
    return [
        (next(path for path, end in ends.items() if digest.startswith(end)), each)
        for digest, each in members.items()
    ]


def answer_all(
    runs: Sequence[Run],
    runs_directory: Path,
    test_images: Path,
    trained_on: Sequence[str],
    metric: StudyMetric = ACCURACY,
) -> tuple[list[Answers], np.ndarray, np.ndarray]:
    """Return (Answers of each run after its last epoch, images, labels).

    Images and labels are as in the store. runs_directory: the folder of all runs. trained_on: the
    digests of the images of the runs that settings were chosen by (collect.images_of). metric: of
    the study. Raises UserError if a run's files cannot be read or cannot be, if it was trained on
    other images or with other files of one's own, and for what these raise.
    """
    folders = [runs_directory / run.folder for run in runs]
    descriptions = [
        read_run(folder, run, metric)[0] for folder, run in zip(folders, runs, strict=True)
    ]
    check_images(folders, descriptions)
    if descriptions and images_of(descriptions[0]) not in trained_on:
        raise UserError(
            f"the runs that are tested, such as {folders[0]}, were trained on images with the "
            f"digest {images_of(descriptions[0])}, those that settings were chosen by on "
            f"{', '.join(trained_on)}. Delete the folders of those that were trained on the wrong "
            "ones and start again: they are trained again"
        )
    for run, description in zip(runs, descriptions, strict=True):
        _refuse_other_code(run, description)
    images, labels = load_images(test_images)
    test = Tested(image_set(images, labels, "cpu"), form_of(test_images.parent))
    statuses = [description["status"] for description in descriptions]
    answers = []
    for run, status, folder in zip(runs, statuses, folders, strict=True):
        with own_faults_told(complete_configuration(run.configuration)):
            answers.append(answer(run, status, folder, test, metric))
    return answers, images, labels


def _refuse_other_code(run: Run, description: dict) -> None:
    """Raise UserError if files of one's own are not those that a run was trained with."""
    found = description["code"] or {}
    now = code_of_own_parts([run.configuration])
    changed = sorted(name for name in now if now[name] != found.get(name))
    if changed:
        raise UserError(
            f"{run.name} was trained with another {', '.join(changed)}. Nothing was tested, so "
            "that results of two versions are not mixed; start Snakemake again"
        )


def answer(
    run: Run, status: str, folder: Path, test: Tested, metric: StudyMetric = ACCURACY
) -> Answers:
    """Return the answers of the run in a folder. Raises UserError for unreadable weights."""
    if status == "diverged":
        return Answers(run, status, np.nan, *_NOTHING, form=test.form)
    configuration = complete_configuration(run.configuration)
    form, test_set = test.form, test.examples
    is_standardised = test_set.stored.is_floating_point() or normalises(configuration)
    of_weights = seed_of(configuration, INITIALISATION)
    network = build_network(configuration["model"], form, of_weights, is_standardised)
    try:
        load_weights(network, read_plain(folder / MODEL))
        if not all(weights.isfinite().all() for weights in network.state_dict().values()):
            raise ValueError("it holds weights that are not finite numbers")
    # torch raises errors of many kinds on a damaged file.
    except Exception as error:
        raise DamagedRunError(folder, f"{folder / MODEL} cannot be used: {error}") from None
    shape = input_shape(configuration["model"], form)
    outputs = _outputs(network, test_set, configuration["pixels"], shape)
    # Classes that are to count alike do so by the images that are tested.
    loss = float(build_loss(configuration["loss"], test_set, form)(outputs, test_set.labels))
    values = {
        f"test_{name}": compute(outputs, test_set.labels)
        for name, compute in _functions(configuration, form).items()
        if f"test_{name}" in test_columns(metric)
    }
    if metric.task == "regression":
        return Answers(run, status, loss, *_NOTHING, values, form)
    probability, predicted = torch.softmax(outputs, dim=1).max(dim=1)
    return Answers(
        run,
        status,
        loss,
        predicted.numpy().astype(np.uint8 if form.classes <= _MOST_IN_A_BYTE else np.int64),
        probability.numpy().astype(np.float32),
        values,
        form,
    )


#: No answer: no class, and no probability of it.
_NOTHING = np.empty(0, np.uint8), np.empty(0, np.float32)


def _functions(configuration: dict, form: Form) -> dict[str, Compute]:
    """Return the functions of the metrics of a run beside accuracy and loss, by name."""
    return metric_functions(recorded_metrics(configuration, form.task))


def _guessing(metric: StudyMetric, each: Answers, labels: np.ndarray) -> float:
    """Return the metric of the best answer that ignores the input, see seeds.run_scores."""
    configuration = complete_configuration(each.run.configuration)
    tested = image_set(np.empty((len(labels), 0), np.uint8), labels, "cpu")
    loss: Compute = build_loss(configuration["loss"], tested, each.form)  # type: ignore[assignment]
    functions = _functions(configuration, each.form) | {"loss": loss}
    with own_faults_told(configuration):
        return chance(metric.name, functions, tested, each.form.outputs)


@torch.no_grad()
def _outputs(
    network: torch.nn.Module, test_set: ImageSet, pixels: list[float], shape: tuple[int, ...]
) -> torch.Tensor:
    """Return float32 [n, classes], or of the shape of the labels, in evaluation mode.

    shape: of an input as the network is given it.
    """
    network.eval()
    is_scaled = test_set.stored.is_floating_point()
    factor, summand = (1.0, 0.0) if is_scaled else scale(pixels)
    at_a_time = _PIECE if len(shape) == 1 else _SHAPED_PIECE
    pieces = (piece.view(-1, *shape) for piece in test_set.images.split(at_a_time))
    outputs = torch.cat([network(piece.float() * factor + summand) for piece in pieces])
    return outputs if test_set.are_classes else outputs.view(test_set.labels.shape)


def test_table(
    answers: Sequence[Answers],
    labels: np.ndarray,
    confirming: bool,
    metric: StudyMetric,
) -> pd.DataFrame:
    """Return a row per run: what it is, seed, status, test_loss, test_accuracy (0..1) and chance.

    labels: of the test images, [n]. confirming: whether the runs are others than those that
    settings were chosen by. metric: of the study, whose values have a column; of regression there
    is no accuracy. Values are NaN for a run that diverged. chance is what guessing gives in the
    metric: for accuracy the share of the most frequent class among the labels, 0..1.
    """
    columns = {
        "optimizer": [each.run.parameters["optimizer"] for each in answers],
        "setting": [each.run.setting for each in answers],
        "learning_rate": [each.run.parameters["learning_rate"] for each in answers],
        "run": [each.run.name for each in answers],
        "seed": [each.run.seed for each in answers],
        "confirmation": [confirming] * len(answers),
        "status": [each.status for each in answers],
        **{
            column: [_measured(each, column, labels) for each in answers]
            for column in test_columns(metric)
        },
        "chance": [_guessing(metric, answers[0], labels)] * len(answers) if answers else [],
    }
    return pd.DataFrame(columns)


def _measured(each: Answers, column: str, labels: np.ndarray) -> float:
    if column == "test_loss":
        return each.loss
    if column == "test_accuracy":
        return float((each.predicted == labels).mean()) if len(each.predicted) else np.nan
    return each.values.get(column, np.nan)


def confusion_table(answers: Sequence[Answers], labels: np.ndarray) -> pd.DataFrame:
    """Return how often each class (label) was answered as which (predicted).

    Returns a DataFrame with optimizer, setting, runs (over how many is summed), label, predicted,
    images: a row per setting, label and predicted class, also where images is 0. Runs that diverged
    are left out; of regression there is no row.
    """
    columns = ["optimizer", "setting", "runs", "label", "predicted", "images"]
    counts: dict[tuple[str, str], np.ndarray] = {}
    numbers: dict[tuple[str, str], int] = {}
    for each in answers:
        if len(each.predicted):
            key = (each.run.parameters["optimizer"], each.run.setting)
            classes = each.form.classes
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

    Returns arrays for a .npz file: images uint8 [k, pixels] or [k, channels, rows, columns], labels
    and predicted [k], probability float32 [k] (of the predicted class); setting and seed of the
    run. k may be 0, and is for regression.
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
