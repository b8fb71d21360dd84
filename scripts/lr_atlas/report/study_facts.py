"""Sentences on a study that a reader must know before the numbers."""

from collections.abc import Collection

import pandas as pd

from lr_atlas.common.rounding import compact
from lr_atlas.common.units import shortened
from lr_atlas.config.network_models import Network
from lr_atlas.config.program import Program
from lr_atlas.config.study_models import Study
from lr_atlas.data.datasets import DATASETS
from lr_atlas.locale.counted_things import counted
from lr_atlas.report.elsewhere_facts import elsewhere_facts
from lr_atlas.report.schedule_facts import schedule_sentences
from lr_atlas.runs.provenance import software
from lr_atlas.studies.combinations import usual_loss
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.studies.grid import Plan
from lr_atlas.training.form import CLASSIFICATION, Form
from lr_atlas.training.parts import short_name


def _network(study: Study, form: Form) -> str:
    """Return such as "784-128-64-10, relu, dropout 0", or the name of one's own with arguments."""
    model = study.model
    if not isinstance(model, Network):
        return " or ".join(_with_arguments(each) for each in model.networks())
    network = "-".join(map(str, [form.values, *model.hidden, form.outputs]))
    if model.hidden:
        network += f", {model.activation}, dropout {model.dropout:g}"
    if model.initialisation != "default":
        network += f", initialisation {model.initialisation}"
    return network


def _with_arguments(part: str | dict) -> str:
    """Return such as "cnn, channels 16_32" for a network, a loss or a transform."""
    if isinstance(part, str):
        return part
    given = {key: value for key, value in part.items() if key not in ("name", "arguments")}
    given |= part.get("arguments", {}) if isinstance(part.get("arguments"), dict) else {}
    return ", ".join(
        [part["name"], *(f"{key} {compact(value)}" for key, value in sorted(given.items()))]
    )


def _transforms(study: Study) -> str:
    """Return such as "; images changed in training: flip, crop (padding 4)"."""
    named = [_with_arguments(each).replace(", ", " (", 1) for each in study.transforms]
    closed = [f"{each})" if "(" in each else each for each in named]
    return f"; images changed in training: {', '.join(closed)}" if closed else ""


def _inputs(study: Study, data: dict) -> str:
    """Return how numbers reach the network."""
    if not data.get("standardised"):
        return f"pixels scaled to [{study.pixels[0]:g}, {study.pixels[1]:g}]"
    each = "column" if len(data["form"]["shape"]) == 1 else "channel"
    return f"inputs standardised, each {each} by the training part"


def study_facts(plan: Plan, study: Study, data: dict, runs: pd.DataFrame) -> list[str]:
    """Return what a reader must know before the numbers: data, validation, network, software."""
    theirs = elsewhere_facts(plan, study, data, study_metric(study, data))
    if study.program:
        fixed = _fixed(plan, {run.configuration["optimizer"]["name"] for run in plan.trained})
        return [
            _program_sentence(study.program, study.epochs, data),
            *([f"{fixed}."] if fixed else []),
            *_score_sentences(study, data),
            *theirs,
        ]
    if not study.trains:
        return theirs
    loss = _with_arguments(usual_loss(study, data.get("form", {}).get("task", CLASSIFICATION)))
    # The names of ours as they are said.
    loss = loss if ":" in loss else loss.replace("_", "-")
    return [
        _images_sentence(study, data),
        _validation_sentence(study, data),
        f"Network: {_network(study, Form(**data['form']))}; loss: {loss}; "
        f"{_inputs(study, data)}{_transforms(study)}; batches of "
        f"{study.batch_size}, {_budget(study)}, unless the table says otherwise.",
        *schedule_sentences(plan),
        *_optimizer_sentences(plan),
        *_score_sentences(study, data),
        software(runs[runs["setting"].isin([run.setting for run in plan.trained])]),
        *theirs,
    ]


def _score_sentences(study: Study, data: dict) -> list[str]:
    """Return what a run counts with, where that is not its last row."""
    metric = study_metric(study, data)
    if metric.last == 1:
        return []
    return [
        f"Score: a run counts with the mean of its last {metric.last} {metric.rows}; in test "
        "results with its weights at the end."
    ]


def _budget(study: Study) -> str:
    """Return how long runs go and when they are evaluated."""
    budget = counted(study.epochs, "epoch") if study.steps is None else counted(study.steps, "step")
    if study.evaluate is None:
        return budget
    if study.evaluate.every:
        return f"{budget}, evaluated after every {counted(study.evaluate.every, 'step')}"
    steps = shortened(map(str, study.evaluate.steps or ()))
    return f"{budget}, evaluated after the steps {steps} and at the end"


def _optimizer_sentences(plan: Plan) -> list[str]:
    """Return what the optimizers were given that the tables do not say."""
    named = {run.configuration["optimizer"]["name"] for run in plan.trained}
    own = {name for name in named if ":" in name}
    said = []
    if named > own:
        fixed = _fixed(plan, named - own)
        said.append(
            "Optimizer arguments are torch's defaults"
            + (f", except {fixed}." if fixed else ", unless the table says otherwise.")
        )
    if own:
        where = ", ".join(name.replace(":", " of ", 1) for name in sorted(map(_thing_first, own)))
        fixed = _fixed(plan, own)
        said.append(f"Not of torch: {where}" + (f"; with {fixed}." if fixed else "."))
    return said


def _thing_first(name: str) -> str:
    """Return "SOAP:pytorch_optimizer" for "pytorch_optimizer:SOAP"."""
    place, _, thing = name.rpartition(":")
    return f"{thing}:{place}"


def _fixed(plan: Plan, names: Collection[str]) -> str:
    """Return the arguments of optimizers that were set and do not vary."""
    short = {short_name(name) for name in names}
    return "; ".join(
        f"{optimizer}: {', '.join(f'{key} {compact(value)}' for key, value in arguments.items())}"
        for optimizer, arguments in plan.fixed_arguments().items()
        if optimizer in short
    )


def _program_sentence(program: Program, epochs: int, data: dict) -> str:
    """Return what ran in the place of training here."""
    inputs = f", made of {', '.join(program.inputs)} (content {data['digest'][:12]})"
    return (
        f"Program: `{program.command}`{inputs if program.inputs else ''}; "
        f"{counted(epochs, 'epoch')}, unless the table says otherwise. Data, network and "
        "training are the program's own, and so are all measurements; seconds are those of the "
        "whole run, divided by its epochs."
    )


def _images_sentence(study: Study, data: dict) -> str:
    is_known = study.dataset in DATASETS
    title = DATASETS[study.dataset].title if is_known else study.dataset
    things = study_metric(study, data).things
    counts = f"{data['training_images']} training and {data['test_images']} test {things}"
    text = f"Data: {title}, {counts}."
    if not is_known:
        form = Form(**data["form"])
        what = f"{form.task} with {form.classes} classes" if form.classes else form.task
        text = (
            f"Data: {title}, own data (digest {data['digest'][:12]}): {counts}; {what}, one input "
            f"is {' x '.join(map(str, form.shape))}."
        )
        if "variants" in data:
            axes = ", ".join(next(iter(data["variants"].values())))
            text += (
                f" Each of {counted(len(data['variants']), 'variant')} of it, by {axes}, is data "
                "of its own: settings that differ there are answers to other problems."
            )
    elif data["digest"] is not None:
        text = (
            "Data: own images, the IDX files of a folder that the configuration names (digest "
            f"{data['digest'][:12]}), in the place of {study.dataset}: {counts}. They are **not "
            f"the canonical {title} images**."
        )
        if data["transposed"]:
            text += (
                " If they are digits or clothes they stand **transposed**, rows and columns "
                "exchanged, as EMNIST's files do: class 1 is far wider than tall."
            )
    if study.training_images != "all":
        text += (
            f" Trained on {study.training_images:,} of {data['training_images']:,} training "
            "images: the first of each class that are not held out, each class with its share."
        )
    return text


def _validation_sentence(study: Study, data: dict) -> str:
    metric = study_metric(study, data)
    if study.validation == "test":
        on = f"Validation: **on the test {metric.things}**"
        return f"{on}; what is chosen by it is chosen on the test set."
    if study.validation == "given":
        return "Validation: on those that the data itself holds out of its training part."
    how = ", stratified by class" if metric.task == "classification" else ""
    return f"Validation: on {study.validation} training {metric.things} held out{how}."
