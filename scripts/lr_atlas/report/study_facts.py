"""Sentences on a study that a reader must know before the numbers."""

import functools
from collections.abc import Collection
from typing import Any

import pandas as pd

from lr_atlas.common.rounding import compact
from lr_atlas.config.network_models import Network
from lr_atlas.config.program import Program
from lr_atlas.config.study_models import Study
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import numeral, say, say_word
from lr_atlas.report.data_facts import images_sentence, validation_sentence
from lr_atlas.report.elsewhere_facts import elsewhere_facts
from lr_atlas.report.number_text import shortened
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
        return functools.reduce(
            lambda one, other: say("{one} or {other}", one=one, other=other),
            (_with_arguments(each) for each in model.networks()),
        )
    network = "-".join(map(str, [form.values, *model.hidden, form.outputs]))
    if model.hidden:
        network = say(
            "{network}, {activation}, dropout {dropout:g}",
            network=network,
            activation=model.activation,
            dropout=model.dropout,
        )
    if model.initialisation == "default":
        return network
    return say(
        "{network}, initialisation {initialisation}",
        network=network,
        initialisation=model.initialisation,
    )


def _value(value: Any) -> str:
    """Return the value of an argument; names and lists stay as they are."""
    return numeral(compact(value)) if isinstance(value, float) else compact(value)


def _with_arguments(part: str | dict) -> str:
    """Return such as "cnn, channels 16_32" for a network, a loss or a transform."""
    if isinstance(part, str):
        return part
    given = {key: value for key, value in part.items() if key not in ("name", "arguments")}
    given |= part.get("arguments", {}) if isinstance(part.get("arguments"), dict) else {}
    return ", ".join(
        [part["name"], *(f"{key} {_value(value)}" for key, value in sorted(given.items()))]
    )


def _transforms(study: Study) -> str:
    """Return such as "flip, crop (padding 4)": how images are changed in training."""
    named = [_with_arguments(each).replace(", ", " (", 1) for each in study.transforms]
    return ", ".join(f"{each})" if "(" in each else each for each in named)


def _inputs(study: Study, data: dict) -> str:
    """Return how numbers reach the network."""
    if not data.get("standardised"):
        low, high = study.pixels
        return say("pixels scaled to [{low:g}, {high:g}]", low=low, high=high)
    if len(data["form"]["shape"]) == 1:
        return say("inputs standardised, each column by the training part")
    return say("inputs standardised, each channel by the training part")


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
    return [
        images_sentence(study, data),
        validation_sentence(study, data),
        _network_sentence(study, data),
        *schedule_sentences(plan),
        *_optimizer_sentences(plan),
        *_score_sentences(study, data),
        software(runs[runs["setting"].isin([run.setting for run in plan.trained])]),
        *theirs,
    ]


def _network_sentence(study: Study, data: dict) -> str:
    """Return what is trained, on what inputs, and for how long."""
    loss = _with_arguments(usual_loss(study, data.get("form", {}).get("task", CLASSIFICATION)))
    if ":" not in loss:
        # The names of ours as they are said.
        name, comma, arguments = loss.replace("_", "-").partition(", ")
        loss = f"{say_word(name)}{comma}{arguments}"
    values = {
        "network": _network(study, Form(**data["form"])),
        "loss": loss,
        "inputs": _inputs(study, data),
        "batch": study.batch_size,
        "budget": _budget(study),
    }
    if study.transforms:
        return say(
            "Network: {network}; loss: {loss}; {inputs}; images changed in training: {transforms}; "
            "batches of {batch}, {budget}, unless the table says otherwise.",
            **values,
            transforms=_transforms(study),
        )
    return say(
        "Network: {network}; loss: {loss}; {inputs}; batches of {batch}, {budget}, unless the "
        "table says otherwise.",
        **values,
    )


def _score_sentences(study: Study, data: dict) -> list[str]:
    """Return what a run counts with, where that is not its last row."""
    metric = study_metric(study, data)
    if metric.last == 1:
        return []
    if metric.rows == "epochs":
        return [
            say(
                "Score: a run counts with the mean of its last {count} epochs; in test results "
                "with its weights at the end.",
                count=metric.last,
            )
        ]
    return [
        say(
            "Score: a run counts with the mean of its last {count} evaluations; in test results "
            "with its weights at the end.",
            count=metric.last,
        )
    ]


def _budget(study: Study) -> str:
    """Return how long runs go and when they are evaluated."""
    budget = counted(study.epochs, "epoch") if study.steps is None else counted(study.steps, "step")
    if study.evaluate is None:
        return budget
    if study.evaluate.every:
        every = counted(study.evaluate.every, "step")
        return say("{budget}, evaluated after every {steps}", budget=budget, steps=every)
    steps = shortened(map(str, study.evaluate.steps or ()))
    return say(
        "{budget}, evaluated after the steps {steps} and at the end", budget=budget, steps=steps
    )


def _optimizer_sentences(plan: Plan) -> list[str]:
    """Return what the optimizers were given that the tables do not say."""
    named = {run.configuration["optimizer"]["name"] for run in plan.trained}
    own = {name for name in named if ":" in name}
    said = []
    if named > own:
        fixed = _fixed(plan, named - own)
        ours = say("Optimizer arguments are torch's defaults, unless the table says otherwise.")
        if fixed:
            ours = say("Optimizer arguments are torch's defaults, except {fixed}.", fixed=fixed)
        said.append(ours)
    if own:
        where = ", ".join(map(_from, sorted(map(_thing_first, own))))
        fixed = _fixed(plan, own)
        theirs = say("Not of torch: {optimizers}.", optimizers=where)
        if fixed:
            theirs = say("Not of torch: {optimizers}; with {fixed}.", optimizers=where, fixed=fixed)
        said.append(theirs)
    return said


def _from(name: str) -> str:
    """Return "SOAP of pytorch_optimizer" for "SOAP:pytorch_optimizer"."""
    thing, _, place = name.partition(":")
    return say("{thing} of {place}", thing=thing, place=place)


def _thing_first(name: str) -> str:
    """Return "SOAP:pytorch_optimizer" for "pytorch_optimizer:SOAP"."""
    place, _, thing = name.rpartition(":")
    return f"{thing}:{place}"


def _fixed(plan: Plan, names: Collection[str]) -> str:
    """Return the arguments of optimizers that were set and do not vary."""
    short = {short_name(name) for name in names}
    return "; ".join(
        f"{optimizer}: {', '.join(f'{key} {_value(value)}' for key, value in arguments.items())}"
        for optimizer, arguments in plan.fixed_arguments().items()
        if optimizer in short
    )


def _program_sentence(program: Program, epochs: int, data: dict) -> str:
    """Return what ran in the place of training here."""
    length = counted(epochs, "epoch")
    if program.inputs:
        return say(
            "Program: `{command}`, made of {inputs} (content {digest}); {length}, unless the table "
            "says otherwise. Data, network and training are the program's own, and so are all "
            "measurements; seconds are those of the whole run, divided by its epochs.",
            command=program.command,
            inputs=", ".join(program.inputs),
            digest=data["digest"][:12],
            length=length,
        )
    return say(
        "Program: `{command}`; {length}, unless the table says otherwise. Data, network and "
        "training are the program's own, and so are all measurements; seconds are those of the "
        "whole run, divided by its epochs.",
        command=program.command,
        length=length,
    )
