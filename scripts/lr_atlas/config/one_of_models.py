"""A value that is read by one of several models, which is built when the first value needs it.

Pydantic's own unions build all their models before any value is read. With an optimizer of torch
for each, and in it all that may train the rest, that took half a second in each job of a workflow.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    Discriminator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    TypeAdapter,
    ValidationInfo,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError, core_schema


@dataclass(frozen=True)
class OneOfModels:
    """Have a value read by the model of its kind; messages are those of pydantic's unions.

    Attributes:
        models: Returns the models by kind.
        kind_of: Returns the kind of a value, given as a mapping or as a model; None of no kind.
    """

    models: Callable[[], Mapping[str, type[BaseModel]]]
    kind_of: Callable[[Any], str | None]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema of a value that a function reads."""
        return core_schema.with_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the JSON schema of pydantic's own union of these models."""
        tagged = [Annotated[model, Tag(kind)] for kind, model in self.models().items()]
        union: Any = functools.reduce(operator.or_, tagged)
        adapter = TypeAdapter(Annotated[union, Discriminator(self.kind_of)])
        return handler(adapter.core_schema)

    def _read(self, value: Any, info: ValidationInfo) -> BaseModel:
        kind, models = self.kind_of(value), self.models()
        name = f"{self.kind_of.__name__}()"
        if kind is None:
            raise PydanticKnownError("union_tag_not_found", {"discriminator": name})
        if kind not in models:
            expected = ", ".join(map(repr, models))
            context = {"discriminator": name, "tag": kind, "expected_tags": expected}
            raise PydanticKnownError("union_tag_invalid", context)
        return models[kind].model_validate(value, context=info.context)
