"""The part of `config.yaml` that says where data sets come from, with a key for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, create_model

from lr_atlas.common.spelling import nearest, suggestion
from lr_atlas.config.config_notes import OTHER_DATA
from lr_atlas.config.config_values import Folder, Strict
from lr_atlas.config.own_data_models import (
    AnyOwnData,
    ClassName,
    OwnData,
    readable_and_different,
    wrong_own_data,
)
from lr_atlas.data.catalogue import datasets, description


class CatalogueData(Strict):
    """Say how one data set's classes are called."""

    classes: list[ClassName] | None = Field(
        None,
        description="Names of the classes, in the order of their labels, for figures. "
        "Default: those of the published data set; for other images in its place, numbers.",
    )


class DatasetSource(CatalogueData):
    """Say where one data set's files may be taken from."""

    directory: Folder | None = Field(
        None,
        description="A folder that holds the four IDX files, raw or gz. Relative to this file; `~` "
        "and environment variables ($NAME) may stand in it. Only without a folder the published "
        "data set is downloaded.",
    )


class TorchvisionSource(CatalogueData):
    """Say where one data set's files may be taken from."""

    directory: Folder | None = Field(
        None,
        description="The folder that torchvision calls `root`, with the files as it keeps them. "
        "Relative to this file. Only without a folder the data set is downloaded.",
    )


def _source_model(name: str) -> type[CatalogueData]:
    """Return the model of where the data set `name` comes from, with its number of classes."""
    field = CatalogueData.model_fields["classes"]
    dataset = datasets()[name]
    base = {"": DatasetSource, "torchvision": TorchvisionSource}.get(dataset.kind, CatalogueData)
    count = dataset.classes
    names = Annotated[
        list[ClassName],
        Field(min_length=count, max_length=count),
        AfterValidator(readable_and_different),
    ]
    parts = "".join(part.capitalize() for part in name.split("_"))
    return create_model(
        f"{parts}Source",
        __base__=base,
        __doc__=base.__doc__,
        classes=(names | None, Field(None, description=field.description)),
    )


class _Datasets(Strict):
    """Say where the data sets may be taken from, and name data of one's own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    __pydantic_extra__: dict[str, AnyOwnData]

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @property
    def own(self) -> dict[str, OwnData]:
        """Return the data sets of one's own by their names."""
        return dict(self.model_extra or {})


def _datasets_model() -> type[_Datasets]:
    """Return the model with a key for every data set of the catalogue."""
    fields: dict[str, Any] = {}
    for name in datasets():
        model = _source_model(name)
        fields[name] = (model, Field(model(), description=description(name)))
    return create_model("Datasets", __base__=_Datasets, __doc__=_Datasets.__doc__, **fields)


Datasets = _datasets_model()


def wrong_data_set(name: str, found: Any) -> str:
    """Return what to say of a key under `datasets` that names data of no kind."""
    catalogue = list(datasets())
    is_of_catalogue = not found or (isinstance(found, dict) and "directory" in found)
    if isinstance(found, dict | None) and (is_of_catalogue or nearest(name, catalogue)):
        return f"unknown key '{name}'{suggestion(name, catalogue, OTHER_DATA)}"
    return wrong_own_data(found)
