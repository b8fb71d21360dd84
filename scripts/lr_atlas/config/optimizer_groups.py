"""Groups of parameters in an optimizer's entry: the rest, decay, and multipliers of the rate.

What they mean is told in training/optimizer_groups.py. Each is an axis of the grid.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lr_atlas.common.spelling import did_you_mean
from lr_atlas.config.config_values import NotNegative, Strict, axis
from lr_atlas.config.one_of_models import OneOfModels
from lr_atlas.config.optimizer_fields import argument_fields
from lr_atlas.config.own_optimizers import (
    OwnOptimizer,
    is_own_optimizer,
    needs_rest,
    own_arguments,
    own_name,
    refuse_what_does_not_train,
    signature,
    with_its_name_under_python,
)
from lr_atlas.config.torch_optimizers import defaults, torch_optimizers
from lr_atlas.config.value_ranges import number_axis

_EXAMPLE = "rest: {name: adamw, lr: 0.001}"


class Rest(Strict):
    """The optimizer of what a method of matrices does not take, its arguments as axes."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Name the optimizer of the rest, and its arguments."""
        known = [each for each in cls.model_fields if each != "name"]
        name = getattr(cls, "optimizer", "the rest")
        return f"{name} has no argument '{key}'{did_you_mean(key, known) or ';'} it has " + (
            ", ".join(known)
        )


class OwnRest(Rest):
    """An optimizer of a package or a file for the rest."""

    model_config = ConfigDict(
        extra="allow", frozen=True, json_schema_extra=with_its_name_under_python
    )

    name: OwnOptimizer = Field(description="package.Class, or folder/file.py:Class.")

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Any, info: ValidationInfo) -> Any:
        """Check the arguments against the class's signature, and fill its defaults in."""
        if info.context is None or not isinstance(value, dict):
            return value
        name, given = _name_and_keys(value, info.context)
        axes = own_arguments(name, given)
        refuse_what_does_not_train(name, axes, {})
        return {"name": name, **axes}


@functools.cache
def _rest_models() -> dict[str, type[Rest]]:
    """Return the model of each optimizer of torch that may train the rest."""
    models = {}
    for name, each in torch_optimizers().items():
        if not each.get("needs_rest") and not each.get("needs_closure"):
            title = Field(description=f"torch.optim.{each['class']}")
            fields: dict[str, Any] = {"name": (Literal[name], title), **argument_fields(each)}
            models[name] = create_model(f"{each['class']}Rest", __base__=Rest, **fields)
            models[name].optimizer = name  # type: ignore[attr-defined]
    return models


def _kind_of_rest(value: Any) -> str | None:
    if isinstance(value, dict) and "python" in value:
        return "own"
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    if is_own_optimizer(name):
        return "own"
    return None if name is None else str(name)


def _refuse_none(value: Any) -> Any:
    """Refuse what is no optimizer of the rest, in words."""
    name = value.get("name") if isinstance(value, dict) else value
    if isinstance(name, str) and name in set(torch_optimizers()) - set(_rest_models()):
        raise _in_words(
            f"{name} cannot train the rest, which has biases and norms too, parameter by "
            f"parameter; take another, as in {_EXAMPLE}"
        )
    if not isinstance(value, dict | Rest):
        raise _in_words(f"an optimizer of its own belongs here, as in {_EXAMPLE}; found {value!r}")
    if isinstance(value, dict) and not {"name", "python"} & set(value):
        raise _in_words(f"the optimizer of the rest has no 'name', as in {_EXAMPLE}")
    return value


def _all_models() -> dict[str, type[Rest]]:
    return {"own": OwnRest, **_rest_models()}


AnyRest = Annotated[Rest, OneOfModels(_all_models, _kind_of_rest), BeforeValidator(_refuse_none)]
Takes = Literal["hidden", "matrices"]
Decay = Literal["all", "matrices"]
Multipliers = dict[str, Annotated[list[NotNegative], *number_axis(NotNegative)]]


class Groups(Strict):
    """Hold what an entry says of groups of parameters; None where nothing is said."""

    model_config = ConfigDict(defer_build=True)

    rest: Annotated[list[AnyRest], *axis(AnyRest)] | None = Field(
        None,
        description="The optimizer of what this one does not take (biases, norms, the first and "
        f"the last layer), as in {_EXAMPLE}; lists are axes.",
    )
    takes: Annotated[list[Takes], *axis(Takes)] | None = Field(
        None,
        description="With `rest`: the matrices of hidden layers (the default), or of all layers.",
    )
    decay: Annotated[list[Decay], *axis(Decay)] | None = Field(
        None,
        description="matrices: no weight decay on biases and norms; all is the default.",
    )
    multipliers: Annotated[list[Multipliers], *axis(Multipliers)] | None = Field(
        None,
        description="Factors of the learning rate by names of parameters or layers, which may "
        "have wildcards, as in {'head.*': 0.1}; lists are axes.",
    )

    @model_validator(mode="after")
    def _make_sense(self) -> Groups:
        """Refuse what an optimizer of torch cannot do, and what means nothing."""
        name = getattr(self, "name", None)
        known = torch_optimizers().get(name) if isinstance(name, str) else None
        if known and known.get("needs_rest") and not self.rest:
            raise _in_words(needs_rest(str(name)))
        if known and "matrices" in (self.decay or ()):
            refuse_decay(str(name), known["arguments"])
        if self.takes and not self.rest:
            raise _in_words(f"`takes` means nothing without `rest`, as in {_EXAMPLE}")
        return self


def _in_words(message: str) -> PydanticCustomError:
    """Return an error that says by itself what was found."""
    return PydanticCustomError("one_of_two", "{message}", {"message": message})


def refuse_decay(name: str, arguments: Mapping[str, Any]) -> None:
    """Raise ValueError for `decay` of an optimizer that has no weight decay."""
    if "weight_decay" not in arguments:
        raise _in_words(f"{name} has no argument 'weight_decay', which `decay` speaks of")


def group_axes(said: Mapping[str, Any]) -> dict[str, list]:
    """Return the values of each key of Groups that is said, as in a run's configuration.

    said: of an entry, as plain values; other keys are left out.
    """
    found: dict[str, list] = {}
    if said.get("rest") is not None and _is_rest(said["rest"]):
        found["rest"] = [one for each in said["rest"] for one in _combinations_of_rest(each)]
    for key in ("takes", "decay"):
        if said.get(key) is not None and set(said[key]) <= {"hidden", "matrices", "all"}:
            found[key] = list(said[key])
    if said.get("multipliers") is not None:
        found["multipliers"] = [
            {pattern: factor for pattern, factor in one.items() if factor != 1.0}
            for each in said["multipliers"]
            for one in _product(each)
        ]
    return found


def _is_rest(value: Any) -> bool:
    return all(isinstance(each, dict) and "name" in each for each in value)


def _combinations_of_rest(rest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each setting of a rest, without the defaults of torch's class."""
    name = rest["name"]
    usual = defaults(name)
    for one in _product({key: value for key, value in rest.items() if key != "name"}):
        kept = {k: v for k, v in one.items() if k == "lr" or k not in usual or v != usual[k]}
        yield {"name": name, **kept}


def _product(axes: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*axes.values()):
        plain = [list(each) if isinstance(each, tuple) else each for each in values]
        yield dict(zip(axes, plain, strict=True))


def complete_own_entry(value: dict, common: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Return an entry of an optimizer of one's own with all of its arguments as axes.

    common: the keys of every entry. Raises ValueError for what the class does not take.
    """
    name, keys = _name_and_keys(value, context)
    kept = {key: each for key, each in keys.items() if key in common}
    # A class may have an argument of such a name, which is meant then.
    of_groups = [key for key in Groups.model_fields if key not in signature(name)]
    given = {key: each for key, each in keys.items() if key not in {*common, *of_groups}}
    said = {key: keys[key] for key in of_groups if key in keys}
    groups = Groups.model_validate(said, context=context).model_dump(exclude_none=True)
    axes = own_arguments(name, given)
    if "matrices" in groups.get("decay", ()):
        refuse_decay(name, axes)
    one = {key: values[0] for key, values in group_axes(groups).items()}
    refuse_what_does_not_train(name, axes, one)
    return {**kept, "name": name, **axes, **groups}


def _name_and_keys(value: dict, context: Any) -> tuple[str, dict[str, Any]]:
    """Return the name of an optimizer, which may stand under `python`, and the other keys."""
    if "python" in value and "name" in value:
        raise ValueError("an optimizer has either a `name` or a thing of `python`, not both")
    named = value.get("python", value.get("name"))
    return own_name(named, context), {
        key: each for key, each in value.items() if key not in ("name", "python")
    }
