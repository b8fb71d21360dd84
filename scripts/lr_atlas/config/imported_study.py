"""Studies of runs from elsewhere: `runs` in the place of a data set and a grid."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from lr_atlas.common.units import shortened
from lr_atlas.config.files_of_runs import RunFiles
from lr_atlas.config.optimizer_entries import OptimizerEntry
from lr_atlas.config.own_data_models import IMPORTED
from lr_atlas.config.study_models import Study

#: Keys of a study that say something of runs that were trained elsewhere.
_APPLIES = (
    *("title", "description", "language", "runs", "columns", "chance", "target", "margin"),
    *("reference", "matters", "claims"),
)


class ImportedStudy(Study):
    """One question about runs from elsewhere: nothing is trained for it here."""

    model_config = ConfigDict(defer_build=True)

    dataset: Literal["imported"] = IMPORTED  # type: ignore[assignment]
    optimizers: list[OptimizerEntry] = Field([], max_length=0)  # those of the files
    runs: RunFiles = Field(
        min_length=1,
        description="Files and folders with runs from elsewhere, from where this file lies.",
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Leave out what does not apply."""
        found = handler.resolve_ref_schema(handler(schema))
        properties = found["properties"]
        found["properties"] = {key: properties[key] for key in properties if key in _APPLIES}
        return found

    @model_validator(mode="before")
    @classmethod
    def _only_what_applies(cls, value: Any) -> Any:
        others = [key for key in value if key in Study.model_fields and key not in _APPLIES]
        if others:
            message = (
                f"{shortened(others)} cannot be set beside `runs`: these were trained elsewhere. "
                "A study with a grid of its own, whose tables they join, has `dataset` and "
                "`optimizers`"
            )
            raise PydanticCustomError("one_of_two", "{message}", {"message": message})
        return value

    @property
    def trains(self) -> bool:
        """Return that it was done elsewhere."""
        return False
