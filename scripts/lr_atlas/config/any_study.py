"""The kinds of studies: each is read by the model of its kind, which one of its keys tells."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, GetCoreSchemaHandler, Tag, TypeAdapter
from pydantic_core import CoreSchema

from lr_atlas.config.command_study import CommandStudy
from lr_atlas.config.study_models import Study


class _OfItsKind:
    """Has a study read by the model of its kind."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return handler.generate_schema(
            Annotated[
                Annotated[Study, Tag("study of training")]
                | Annotated[CommandStudy, Tag("study of a program")],
                Discriminator(_kind_of_study),
            ]
        )


def _kind_of_study(value: Any) -> str:
    has_command = "command" in value if isinstance(value, dict) else hasattr(value, "command")
    return "study of a program" if has_command else "study of training"


AnyStudy = Annotated[Study, _OfItsKind()]


def read_study(values: dict) -> Study:
    """Return a study from plain values, see `model_dump`."""
    return TypeAdapter(AnyStudy).validate_python(values)
