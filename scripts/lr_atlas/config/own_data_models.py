"""Data of one's own in `config.yaml`: a model for each kind, told apart by the key that it has."""

from __future__ import annotations

import itertools
import math
import posixpath
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    Tag,
    ValidationInfo,
    field_validator,
)

from lr_atlas.common.canonical import canonical_json
from lr_atlas.config.config_values import (
    Folder,
    PartOfAll,
    Seed,
    Strict,
    axis,
    is_one_line,
    to_whole,
    whole,
)
from lr_atlas.config.own_parts import look_for_own_part, refuse_unsuitable
from lr_atlas.training.parts import file_and_thing

#: Data of one's own have exactly one of these keys, and other data have none.
KINDS = ("folder", "idx", "arrays", "table", "python")
#: Stands for the data set of a program in names and tables; its inputs tell two apart.
COMMAND = "command"
#: Stands for that of runs from elsewhere.
IMPORTED = "imported"
#: The name of a data set of one's own is the beginning of a folder's.
OWN_DATA_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}", re.ASCII)
_LONGEST_CLASS_NAME = 20
MOST_ROWS_OF_PIXELS = 1_024
MOST_VARIANTS = 100

Task = Literal["classification", "regression"]


def _single(value: Any) -> Any:
    if isinstance(value, list | dict):
        raise ValueError(
            "a number, true or false, or text belongs here; a list of these names a data set for "
            "each"
        )
    return value


Argument = Annotated[StrictBool | StrictInt | float | str | None, BeforeValidator(_single)]


def _as_text(value: Any) -> Any:
    """Return a class that is called by a number, which YAML reads as one, as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


ClassName = Annotated[
    str, BeforeValidator(_as_text, json_schema_input_type=str | int), Field(min_length=1)
]


#: A column that is called by a number needs no quotation marks.
ColumnName = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int)]


def readable_and_different(names: list[str] | None) -> list[str] | None:
    """Return names of classes. Raises ValueError for what no figure can show, or twice the same."""
    for name in names or ():
        if (names or []).count(name) > 1:
            raise ValueError(f"'{name}' stands here twice; each class has a name of its own")
        if len(name) > _LONGEST_CLASS_NAME or not name.isprintable() or not name.strip():
            raise ValueError(
                f"a class's name is one line of at most {_LONGEST_CLASS_NAME} letters, "
                f"which '{name}' is not"
            )
    return names


ClassNames = Annotated[list[ClassName], AfterValidator(readable_and_different)]


class OwnData(Strict):
    """Hold the keys that data of one's own has, of whatever kind."""

    test: PartOfAll | None = Field(
        None,
        description="The share of the data that is kept for tests, 0..1, where it brings no test "
        "part; the same of each class.",
    )
    test_seed: Seed = Field(0, description="The seed by which that share of the data is drawn.")
    classes: ClassNames | None = Field(
        None,
        description="Names of the classes, in the order of their labels, for figures. "
        "Default: those that the data has, or numbers.",
    )

    @property
    def kind(self) -> str:
        """Return which of KINDS this is."""
        return next(kind for kind in KINDS if kind in type(self).model_fields)

    @property
    def place(self) -> str:
        """Return where the data lies: the value of the key that names its kind."""
        return str(getattr(self, self.kind))

    @property
    def options(self) -> dict[str, Any]:
        """Return what decides the content beside the files, without defaults."""
        return self.model_dump(mode="json", exclude={self.kind, "classes"}, exclude_defaults=True)

    @property
    def variants(self) -> list[dict[str, Any]]:
        """Return the options of each data set that is meant: one, but for axes of arguments."""
        return [self.options]

    @property
    def axes(self) -> list[str]:
        """Return the options by which these differ."""
        return []


class ImageFolder(OwnData):
    """Image files, a folder for each class."""

    folder: Folder = Field(
        description="A folder of train/<class>/ and test/<class>/, perhaps validation/<class>/, or "
        "of <class>/ with `test: 0.2`; JPEG or PNG files. Relative to this file."
    )
    size: Annotated[StrictInt, *whole(ge=1, le=MOST_ROWS_OF_PIXELS)] | None = Field(
        None,
        description="Rows and columns of every image: its shorter side is scaled to that, and the "
        "middle is cut out. Without it all images must have one size.",
    )
    channels: Literal[1, 3] | None = Field(
        None, description="1: grey; 3: colour. Default: grey if all images are."
    )


class _Labelled(OwnData):
    task: Task | None = Field(
        None,
        description="classification or regression. Default: text and whole numbers are classes, "
        "other numbers are not.",
    )


class _Counted(_Labelled):
    labels_from: Annotated[StrictInt, *whole(ge=0, le=1)] = Field(
        0, description="The first label: 1 where the classes are counted from 1."
    )


class IdxFiles(_Counted):
    """IDX files, the form that MNIST has, of any shape, type and number of classes."""

    idx: Folder = Field(
        description="A folder with a file of images and one of labels for training, and two for "
        "tests, raw or gz. Relative to this file."
    )
    transposed: StrictBool = Field(
        False, description="true: rows and columns stand exchanged, as in EMNIST's files."
    )


class Arrays(_Counted):
    """Arrays of NumPy or of torch."""

    arrays: Folder = Field(
        description="A .npz or .pt file, or a folder of .npy files, with x_train, y_train, x_test, "
        "y_test; or with images and labels and `test: 0.2`. Relative to this file."
    )


class DataTable(_Labelled):
    """A table with a row for each example."""

    table: Folder = Field(description="A .csv or .parquet file. Relative to this file.")
    target: ColumnName | Annotated[list[ColumnName], Field(min_length=1)] = Field(
        description="The column that is to be told from the others; for regression perhaps several."
    )
    columns: Annotated[list[ColumnName], Field(min_length=1)] | None = Field(
        None, description="The columns that it is told from. Default: all others."
    )


class FromFunction(_Counted):
    """A function of one's own that returns arrays."""

    python: str = Field(
        description="folder/file.py:function; it returns x_train, y_train, x_test, y_test, as a "
        "tuple or a mapping with these keys, or images and labels with `test: 0.2`."
    )
    arguments: dict[str, Annotated[list[Argument], *axis(Argument)]] = Field(
        {}, description="The arguments of the function, by name; a list is an axis of the grid."
    )

    @field_validator("python")
    @classmethod
    def _is_there(cls, name: str, info: ValidationInfo) -> str:
        own = file_and_thing(name)
        if own is None:
            raise ValueError(f"a function is named as in my_data.py:load, which '{name}' is not")
        name = f"{posixpath.normpath(own[0])}:{own[1]}"
        if info.context is not None:
            look_for_own_part(name)
        return name

    @field_validator("arguments")
    @classmethod
    def _can_be_written_down(cls, arguments: dict[str, list], info: ValidationInfo) -> dict:
        axes = {}
        for key, values in arguments.items():
            refuse_unsuitable(str(info.data.get("python", "")), key, values)
            by_text = {canonical_json(to_whole(each)): to_whole(each) for each in values}
            axes[key] = [by_text[text] for text in sorted(by_text)]
        count = math.prod(map(len, axes.values()))
        if count > MOST_VARIANTS:
            raise ValueError(
                f"{count:,} data sets are too many, since the function is called for each; at "
                f"most {MOST_VARIANTS}"
            )
        return axes

    @property
    def variants(self) -> list[dict[str, Any]]:
        """Return the options for every combination of the arguments."""
        combinations = itertools.product(*self.arguments.values())
        named = (dict(zip(self.arguments, values, strict=True)) for values in combinations)
        given = ({"arguments": each} if each else {} for each in named)
        return [{**self.options, **each} for each in given]

    @property
    def axes(self) -> list[str]:
        """Return the arguments that have several values."""
        return [key for key, values in self.arguments.items() if len(values) > 1]


def _kind(value: Any) -> str | None:
    """Return the tag of a mapping's kind, or of a model's; None where it has not exactly one.

    A tag is no key, so that messages do not take it for one.
    """
    if isinstance(value, OwnData):
        return f"data {value.kind}"
    found = [kind for kind in KINDS if isinstance(value, dict) and kind in value]
    return f"data {found[0]}" if len(found) == 1 else None


AnyOwnData = Annotated[
    Annotated[ImageFolder, Tag("data folder")]
    | Annotated[IdxFiles, Tag("data idx")]
    | Annotated[Arrays, Tag("data arrays")]
    | Annotated[DataTable, Tag("data table")]
    | Annotated[FromFunction, Tag("data python")],
    Discriminator(_kind, custom_error_type="own_data", custom_error_message="no kind of data"),
]


def wrong_own_data(found: Any) -> str:
    """Return what to say of a data set that is not of exactly one kind."""
    kinds = [kind for kind in KINDS if isinstance(found, dict) and kind in found]
    if len(kinds) > 1:
        return f"{' and '.join(kinds)} stand here, and data has one of them alone"
    return (
        f"data of your own is named by exactly one of {', '.join(KINDS)}, as in "
        "{folder: photos, size: 32} or {table: beans.csv, target: kind, test: 0.2}"
    )


def wrong_data_name(name: str) -> str:
    """Return why a data set of one's own cannot be called so; empty if it can."""
    if name in (COMMAND, IMPORTED):
        of = "a program" if name == COMMAND else "runs from elsewhere"
        return f"no data set can be called '{name}', which stands for studies of {of}"
    if is_one_line(name) and OWN_DATA_NAME.fullmatch(name):
        return ""
    return (
        f"'{name[:60]}' cannot be a data set's name, since it names a folder. Allowed: at most 50 "
        "letters a to z and A to Z, digits, '-' and '_', beginning with a letter"
    )
