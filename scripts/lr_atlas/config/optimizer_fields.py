"""Fields of a model for the arguments of one of torch's optimizers, each an axis of the grid."""

from __future__ import annotations

from types import GenericAlias
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt

from lr_atlas.config.config_values import MOST, axis, axis_of_tuples, number, whole
from lr_atlas.config.value_ranges import number_axis


def argument_fields(optimizer: dict) -> dict[str, Any]:
    """Return the field of each argument of an optimizer, see `torch_optimizers`."""
    optimizer_class = optimizer["class"]
    fields: dict[str, Any] = {}
    for argument, description in optimizer["arguments"].items():
        default = description["default"]
        default = tuple(default) if isinstance(default, list) else default
        text = "Learning rate" if argument == "lr" else f"Argument of torch.optim.{optimizer_class}"
        fields[argument] = (
            argument_type(description),
            Field([default], description=f"{text}; a list is an axis of the grid."),
        )
    return fields


def bounded(description: dict) -> Any:
    """Return the type of one number of a description, with its accepted range."""
    names = {"above": "gt", "minimum": "ge", "below": "lt", "maximum": "le"}
    bounds = {names[key]: value for key, value in description.items() if key in names}
    kind: Any = Annotated[float, *number(**bounds)]
    return kind | None if description.get("optional") else kind


def bounded_whole(description: dict) -> Any:
    """Return the type of a whole number of a description, with its accepted range."""
    least, most = description.get("minimum", -MOST), description.get("maximum", MOST)
    kind: Any = Annotated[StrictInt, *whole(ge=least, le=most)]
    return kind | None if description["kind"] == "optional_whole" else kind


def argument_type(description: dict) -> Any:
    """Return the type of one optimizer argument, as an axis."""
    kind = description["kind"]
    if kind == "number":
        of = bounded(description)
        return _list_of(of, number_axis(of))
    if kind in ("whole", "optional_whole"):
        whole_of = bounded_whole(description)
        return Annotated[list[whole_of], *axis(whole_of)]  # type: ignore[valid-type]
    if kind == "optional_text":
        text_of: Any = Literal[tuple(description["choices"])] | None
        return Annotated[list[text_of], *axis(text_of)]
    if kind == "boolean":
        return Annotated[list[StrictBool], *axis(StrictBool)]
    if kind == "optional_boolean":
        return Annotated[list[StrictBool | None], *axis(StrictBool | None)]
    of = GenericAlias(tuple, tuple(bounded(element) for element in description["elements"]))
    return _list_of(of, axis_of_tuples(of))


def _list_of(of: Any, metadata: tuple[Any, ...]) -> Any:
    return Annotated[list[of], *metadata]
