"""The kinds of values in `config.yaml`: numbers in their spellings, axes of the grid, mappings."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    ValidationInfo,
    create_model,
    model_validator,
)

from lr_atlas.common.one_line import is_one_line as is_one_line  # with the others
from lr_atlas.common.spelling import suggestion
from lr_atlas.config.config_notes import note_on

#: Larger ones are slips of the keyboard, and would fill the memory before anything is said.
MOST_EPOCHS = 1_000_000
MOST_NEURONS = 100_000
MOST_LAYERS = 1_000
#: Weights between hidden layers: 4 GB.
MOST_WEIGHTS = 10**9
#: The end of a path on a disk, and a path.
LONGEST_NAME = 255
LONGEST_PATH = 4000

_WITH_EXPONENT = re.compile(r"\+?\d+\.?\d*[eE][+-]?\d{1,3}")


def _to_number(value: Any) -> Any:
    """Return numbers as floats, and text such as 1e-4 as a number.

    YAML 1.1 readers leave it as text.
    """
    if isinstance(value, bool):
        raise ValueError("a number belongs here")
    if not isinstance(value, int | float | str):
        return value
    try:
        return float(value) + 0.0  # -0.0 becomes 0.0
    except (ValueError, OverflowError):
        raise ValueError("a number belongs here") from None


def to_whole(value: Any) -> Any:
    """Return 10.0 as 10, and 1e1 too, which YAML 1.1 readers leave as text; all else as it is."""
    if isinstance(value, str) and _WITH_EXPONENT.fullmatch(value):
        number_meant = float(value)
        return int(number_meant) if number_meant.is_integer() else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _to_axis(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _to_axis_of_tuples(value: Any) -> Any:
    is_axis = isinstance(value, list) and any(isinstance(element, list) for element in value)
    return value if is_axis else [value]


def number(**bounds: Any) -> tuple[Any, ...]:
    """Return what makes of a float a finite number within bounds (gt, ge, lt, le)."""
    within = Field(allow_inf_nan=False, **bounds)
    inner = Annotated[float, within]
    return within, BeforeValidator(_to_number, json_schema_input_type=inner)


def whole(**bounds: Any) -> tuple[Any, ...]:
    """Return what makes of a StrictInt a whole number within bounds (gt, ge, lt, le)."""
    within = Field(**bounds)
    inner = Annotated[StrictInt, within]
    return within, BeforeValidator(to_whole, json_schema_input_type=inner)


def _few_weights(layers: list[int]) -> list[int]:
    weights = sum(before * after for before, after in itertools.pairwise(layers))
    if weights > MOST_WEIGHTS:
        raise ValueError(
            f"{weights:,} weights between hidden layers are too many; at most {MOST_WEIGHTS:,}"
        )
    return layers


def _usable_path(path: str) -> str:
    """Refuse what names no folder, or what no disk can hold."""
    if not path.strip():
        raise ValueError("no folder is named here; name one, or leave the key out")
    if "\0" in path:
        raise ValueError("a folder's name holds no such character")
    size = len(path.encode(errors="surrogatepass"))
    longest = max(len(part.encode(errors="surrogatepass")) for part in path.split("/"))
    if size > LONGEST_PATH or longest > LONGEST_NAME:
        raise ValueError(
            f"too long: a folder's name has at most {LONGEST_NAME} bytes, its path at most "
            f"{LONGEST_PATH}"
        )
    return path


Number = Annotated[float, *number()]
#: The largest whole number that a column of a table holds.
MOST = 2**63 - 1
Positive = Annotated[StrictInt, *whole(ge=1, le=MOST)]
Seed = Annotated[StrictInt, *whole(ge=0, le=MOST)]
Epochs = Annotated[StrictInt, *whole(ge=1, le=MOST_EPOCHS)]
AboveZero = Annotated[float, *number(gt=0)]
NotNegative = Annotated[float, *number(ge=0)]
Share = Annotated[float, *number(ge=0, lt=1)]
PartOfAll = Annotated[float, *number(gt=0, lt=1)]
Accuracy = Annotated[float, *number(ge=0, le=1)]
Activation = Literal["relu", "sigmoid", "tanh", "leaky_relu", "elu", "gelu", "silu"]
#: Keys of training.initialisation.SCHEMES.
Initialisation = Literal["default", "xavier", "he", "orthogonal"]
Hidden = Annotated[
    list[Annotated[StrictInt, *whole(ge=1, le=MOST_NEURONS)]],
    Field(max_length=MOST_LAYERS),
    AfterValidator(_few_weights),
]
Folder = Annotated[str, AfterValidator(_usable_path)]


def axis(of: Any) -> tuple[Any, ...]:
    """Return what makes of a list[of] an axis: given as one value or a list, always a list then."""
    some = Field(min_length=1)
    values = Annotated[list[of], some]
    return some, BeforeValidator(_to_axis, json_schema_input_type=of | values)


def axis_of_tuples(of: Any) -> tuple[Any, ...]:
    """Return likewise what takes one list or a list of lists, always a list of lists then."""
    some = Field(min_length=1)
    values = Annotated[list[of], some]
    return some, BeforeValidator(_to_axis_of_tuples, json_schema_input_type=of | values)


class Strict(BaseModel):
    """A mapping in which an unknown key is an error that says which keys there are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _remember(cls, value: Any, info: ValidationInfo) -> Any:
        """Note which model a mapping was read by, for messages about its unknown keys."""
        if info.context is not None and isinstance(value, dict):
            info.context[id(value)] = cls
        return value

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Return what is to be said of the unknown key `key`."""
        return f"unknown key '{key}'{suggestion(key, cls.model_fields, note_on(key))}"


if TYPE_CHECKING:
    _From = Strict
else:
    # The key is called `from`, as a reader would say it, which a class body of Python cannot.
    _From = create_model(
        "_From",
        __base__=Strict,
        **{"from": (str, Field("", description="The figure or section that it comes from."))},
    )


class Sourced(_From):
    """A mapping that may say which figure or section it comes from."""

    @property
    def source(self) -> str:
        """Return the figure or section that it comes from."""
        return getattr(self, "from")
