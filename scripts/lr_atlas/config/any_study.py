"""The kinds of studies: each is read by the model of its kind, which one of its keys tells."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import TypeAdapter

from lr_atlas.config.command_study import CommandStudy
from lr_atlas.config.imported_study import ImportedStudy
from lr_atlas.config.one_of_models import OneOfModels
from lr_atlas.config.study_models import Study

_OF_TRAINING, _OF_PROGRAM, _OF_RUNS = "training", "a program", "runs from elsewhere"
_KINDS: dict[str, type[Study]] = {
    _OF_TRAINING: Study,
    _OF_PROGRAM: CommandStudy,
    _OF_RUNS: ImportedStudy,
}


def _all_models() -> dict[str, type[Study]]:
    return _KINDS


def _kind_of_study(value: Any) -> str:
    if not isinstance(value, dict):
        return next(kind for kind, model in _KINDS.items() if type(value) is model)
    if "command" in value:
        return _OF_PROGRAM
    is_trained_here = "runs" not in value or {"dataset", "optimizers"} & value.keys()
    return _OF_TRAINING if is_trained_here else _OF_RUNS


AnyStudy = Annotated[Study, OneOfModels(_all_models, _kind_of_study)]


def read_study(values: dict) -> Study:
    """Return a study from plain values, see `model_dump`."""
    return TypeAdapter(AnyStudy).validate_python(values)
