"""The part of `config.yaml` that says where data sets come from, with a key for each of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, create_model, field_validator

from lr_atlas.common.spelling import suggestion
from lr_atlas.config.config_notes import OTHER_DATA
from lr_atlas.config.config_values import Folder, Strict
from lr_atlas.data.catalogue import datasets, description

_LONGEST_CLASS_NAME = 20


def _as_text(value: Any) -> Any:
    """Return a class that is called by a number, which YAML reads as one, as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


ClassName = Annotated[
    str, BeforeValidator(_as_text, json_schema_input_type=str | int), Field(min_length=1)
]


class DatasetSource(Strict):
    """Say where one data set's files may be taken from."""

    directory: Folder | None = Field(
        None,
        description="A folder that holds the four IDX files, raw or gz. Relative to this file; `~` "
        "and environment variables ($NAME) may stand in it. Only without a folder the published "
        "data set is downloaded.",
    )
    classes: list[ClassName] | None = Field(
        None,
        description="Names of the classes, in the order of their labels, for figures. "
        "Default: those of the published data set; for other images in its place, numbers.",
    )

    @field_validator("classes")
    @classmethod
    def _readable_and_different(cls, names: list[str] | None) -> list[str] | None:
        if names is None:
            return None
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"'{name}' stands here twice; each class has a name of its own")
            if len(name) > _LONGEST_CLASS_NAME or not name.isprintable() or not name.strip():
                raise ValueError(
                    f"a class's name is one line of at most {_LONGEST_CLASS_NAME} letters, "
                    f"which '{name}' is not"
                )
        return names


def _source_model(name: str) -> type[DatasetSource]:
    """Return the model of where the data set `name` comes from, with its number of classes."""
    field = DatasetSource.model_fields["classes"]
    count = datasets()[name].classes
    names = Annotated[list[ClassName], Field(min_length=count, max_length=count)]
    parts = "".join(part.capitalize() for part in name.split("_"))
    return create_model(
        f"{parts}Source",
        __base__=DatasetSource,
        __doc__=DatasetSource.__doc__,
        classes=(names | None, Field(None, description=field.description)),
    )


class _Datasets(Strict):
    """Say where the data sets may be taken from."""

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Say that there are no others."""
        return f"unknown key '{key}'{suggestion(key, cls.model_fields, OTHER_DATA)}"


def _datasets_model() -> type[_Datasets]:
    """Return the model with a key for every data set of the catalogue."""
    fields: dict[str, Any] = {}
    for name in datasets():
        model = _source_model(name)
        fields[name] = (model, Field(model(), description=description(name)))
    return create_model("Datasets", __base__=_Datasets, __doc__=_Datasets.__doc__, **fields)


Datasets = _datasets_model()
