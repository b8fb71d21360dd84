"""Everything that decides the tables of a study, as plain values: what its jobs are given."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.table_errors import read_json
from lr_atlas.config.any_study import read_study
from lr_atlas.config.configuration import language_of
from lr_atlas.config.own_parts import is_own
from lr_atlas.config.study_models import Study
from lr_atlas.config.torch_optimizers import tell_optimizers
from lr_atlas.locale.language import SOURCE
from lr_atlas.locale.speech import speaking
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.elsewhere import Elsewhere, with_elsewhere
from lr_atlas.studies.grid import Plan, plan_study
from lr_atlas.studies.named_optimizers import optimizers_of
from lr_atlas.training.configuration import TRAINING_AXES
from lr_atlas.training.form import CLASSIFICATION
from lr_atlas.training.steps.precisions import FLOAT32, PRECISION, precision_of


def study_definition(atlas: Atlas, name: str) -> dict:
    """Return everything that decides a study's tables, as plain values without order.

    The order in which a study lists its optimizers and values changes no result, so it is taken
    out: lists that are sets are sorted.
    """
    study, compute = atlas.configuration.studies[name], atlas.configuration.compute
    source = atlas.data[study.dataset]
    definition = study.model_dump(mode="json", exclude_defaults=True, exclude={"language"})
    language = language_of(atlas.configuration, name)
    entries = [_sorted_axes(entry) for entry in definition.get("optimizers", ())]
    if entries:
        definition["optimizers"] = sorted(entries, key=canonical_json)
    if study.optimizers:
        definition["seeds"] = sorted(study.seeds)
    if name in atlas.elsewhere:
        # The place of the files is nothing of what they are.
        definition["runs"] = list(atlas.elsewhere[name].files)
    for key in TRAINING_AXES:
        if key in definition:
            definition[key] = sorted(definition[key], key=canonical_json)
    return {
        "name": name,
        "study": definition,
        **({} if language == SOURCE.code else {"language": language}),
        # So that jobs need no torch to read the study.
        "optimizers": optimizers_of([study]),
        "data": {
            "digest": atlas.data_digest(study),
            "training_images": source.training_images,
            "test_images": source.test_images,
            "held_out": source.held_out,
            "transposed": source.transposed,
            "form": source.form._asdict(),
            **({} if source.are_bytes else {"standardised": True}),
            **atlas.said_elsewhere(name),
            **({"variants": source.arguments_of_variants} if source.others else {}),
        },
        "threads": compute.threads,
        **({PRECISION: compute.precision} if compute.precision != FLOAT32 else {}),
    }


def runs_definition(atlas: Atlas, name: str) -> dict:
    """Return the definition without what the analysis alone reads.

    Neither runs nor choices depend on that.
    """
    definition = study_definition(atlas, name)
    kept = {key: value for key, value in definition["study"].items() if key not in _ANALYSED}
    data = {key: value for key, value in definition["data"].items() if key != "transposed"}
    definition.pop("language", None)
    return {**definition, "study": kept, "data": data}


_ANALYSED = ("title", "description", "target", "margin", "matters", "reference", "claims", "find")


def study_from_definition(definition: dict, elsewhere: Path | None = None) -> tuple[Study, Plan]:
    """Return the study and its plan, of what `study_definition` gave.

    elsewhere: the file of the settings of its runs from elsewhere; None where it has none.
    """
    tell_optimizers(definition["optimizers"])
    study = read_study(definition["study"])
    data = definition["data"]
    plan = plan_study(
        *(definition["name"], study, data["digest"], definition["threads"]),
        data.get("form", {}).get("task", CLASSIFICATION),
        variants=data.get("variants"),
        precision=precision_of(definition),
    )
    if elsewhere:
        found = Elsewhere.from_plain(read_json(elsewhere))
        plan = with_elsewhere(plan, study.dataset, found)
    return study, plan


def in_its_language(job: Callable[..., None]) -> Callable[..., None]:
    """Return a job that says what it says in the language of the study that it works at.

    Its argument `study` is the definition as JSON.
    """

    @functools.wraps(job)
    def spoken(*, study: str, **given: Any) -> None:
        with speaking(json.loads(study).get("language", SOURCE.code)):
            job(study=study, **given)

    return spoken


def _sorted_axes(entry: dict) -> dict:
    """Return an optimizer entry (or its `model`) with the values of every axis in one order.

    Lists among the arguments of a loss, or of a network of one's own, are no axes.
    """
    return {
        key: sorted(
            (
                _sorted_axes(item) if key == "model" and not is_own(item.get("name")) else item
                for item in value
            ),
            key=canonical_json,
        )
        if isinstance(value, list)
        else value
        for key, value in entry.items()
    }
