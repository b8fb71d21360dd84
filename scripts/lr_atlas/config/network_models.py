"""The shapes of `model` in a configuration: plain layers, networks by name, and one's own."""

from __future__ import annotations

import itertools
import math
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, ValidationInfo, model_validator

from lr_atlas.common.spelling import suggestion
from lr_atlas.config.config_notes import FULLY_CONNECTED
from lr_atlas.config.config_values import (
    Activation,
    Hidden,
    Initialisation,
    Share,
    Strict,
    axis,
    axis_of_tuples,
)
from lr_atlas.config.own_parts import (
    OWN_PATTERN,
    OwnNetwork,
    checked_name,
    is_own,
    loaded,
    refuse_unsuitable,
)
from lr_atlas.config.part_arguments import axes_of_ours, axes_of_own_network, without_defaults
from lr_atlas.config.value_ranges import number_axis
from lr_atlas.training.configuration import DEFAULTS
from lr_atlas.training.parts import LIBRARIES, library_and_network, names

_PLAIN = DEFAULTS["model"]["name"]
#: Another name of the plain network, which a configuration may use too.
_ALSO_PLAIN = "mlp"


def _other_networks() -> list[str]:
    """Return the names of our networks beside the plain one."""
    return [name for name in names("model") if name != _PLAIN]


class _FullyConnected(Strict):
    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Say which other kinds of networks there are."""
        return f"unknown key '{key}'{suggestion(key, cls.model_fields, FULLY_CONNECTED)}"

    @model_validator(mode="before")
    @classmethod
    def _known_name(cls, value: Any) -> Any:
        """Take another name of it for its own; refuse what names no network."""
        if not isinstance(value, dict) or not isinstance(value.get("name"), str):
            return value
        name = value["name"]
        if name == _ALSO_PLAIN:
            return {**value, "name": _PLAIN}
        if name != _PLAIN:
            known = [_PLAIN, _ALSO_PLAIN, *_other_networks(), *(f"{each}.…" for each in LIBRARIES)]
            raise ValueError(
                f"unknown network '{name}'{suggestion(name, known)}, or one of your own, as in "
                "model: {python: my_cnn.py:Net}"
            )
        return value


class Network(_FullyConnected):
    """The network: fully connected layers."""

    name: Literal["fully_connected"] = Field(
        "fully_connected",
        description=f"Or {_ALSO_PLAIN}, which is the same; {', '.join(_other_networks())}, each "
        "with its arguments; torchvision.resnet18, timm.…; or one of your own under `python`.",
    )
    hidden: Hidden = Field(
        DEFAULTS["model"]["hidden"],
        description="Neurons of each hidden layer, from the input on; [] is softmax regression.",
    )
    activation: Activation = Field(
        DEFAULTS["model"]["activation"], description="Activation after each hidden layer."
    )
    dropout: Share = Field(
        DEFAULTS["model"]["dropout"],
        description="Probability with which an output of a hidden layer is dropped in training.",
    )
    initialisation: Initialisation = Field(
        "default", description="How the first weights are drawn; default: as torch does."
    )

    def networks(self) -> list[dict[str, Any]]:
        """Return the network as it stands in a run's configuration."""
        return [_without_scheme(self.model_dump())]

    @property
    def count(self) -> int:
        """Return how many networks these are."""
        return 1


class NetworkAxes(_FullyConnected):
    """Changes to the study's network for one optimizer entry; keys left out are the study's."""

    name: Literal["fully_connected"] | None = Field(
        None, description="Plain layers where the study's network is another; as in the study."
    )
    hidden: Annotated[list[Hidden], *axis_of_tuples(Hidden)] | None = Field(
        None, description="As in the study; a list of lists is an axis of the grid."
    )
    activation: Annotated[list[Activation], *axis(Activation)] | None = Field(
        None, description="As in the study; a list is an axis of the grid."
    )
    dropout: Annotated[list[Share], *number_axis(Share)] | None = Field(
        None, description="As in the study; a list or a range is an axis of the grid."
    )
    initialisation: Annotated[list[Initialisation], *axis(Initialisation)] | None = Field(
        None, description="As in the study; a list is an axis of the grid."
    )

    def networks(self, network: Network) -> list[dict[str, Any]]:
        """Return what these changes make of a network."""
        axes = {key: [value] for key, value in network.model_dump().items()}
        axes |= {key: value for key, value in self._changes.items() if value}
        return [
            _without_scheme(dict(zip(axes, values, strict=True)))
            for values in itertools.product(*axes.values())
        ]

    @property
    def count(self) -> int:
        """Return how many networks these are."""
        return math.prod(len(values or [None]) for values in self._changes.values())

    @property
    def _changes(self) -> dict[str, Any]:
        return self.model_dump(exclude={"name"})


def _without_scheme(model: dict[str, Any]) -> dict[str, Any]:
    """Return a plain network without the initialisation that it has anyway."""
    is_default = model.get("initialisation") == "default"
    return {k: v for k, v in model.items() if not (is_default and k == "initialisation")}


#: Arguments of networks of libraries that ask for weights that others have trained.
_TRAINED = ("weights", "weights_backbone", "pretrained", "pretrained_backbone", "checkpoint_path")
_NAMED: Any = {"anyOf": [{"enum": _other_networks()}, {"pattern": rf"^({'|'.join(LIBRARIES)})\."}]}


class NamedNetwork(Strict):
    """A network of ours or of a library, and its arguments, whose lists are axes."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field(
        description="The name of a network of ours, or torchvision.… or timm.…",
        json_schema_extra=_NAMED,
    )

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Any, info: ValidationInfo) -> Any:
        """Check the arguments against the network's signature; each becomes an axis."""
        if not isinstance(value, dict):
            return value
        name = value["name"]
        given = {key: each for key, each in value.items() if key != "name"}
        if library_and_network(name):
            trained = next((key for key in given if key in _TRAINED), None)
            if trained:
                raise ValueError(
                    f"{name}: '{trained}' cannot be set, since every network begins untrained "
                    "here, its weights drawn from the run's seed; leave it out"
                )
            if info.context is not None:
                loaded("model", name)
            for key, each in given.items():
                refuse_unsuitable(name, key, each)
            axes = {key: each if isinstance(each, list) else [each] for key, each in given.items()}
        else:
            axes = axes_of_ours("model", name, given)
        return {"name": name, **axes}

    def networks(self) -> list[dict[str, Any]]:
        """Return the networks as they stand in runs' configurations."""
        axes = self.model_extra or {}
        found = []
        for values in itertools.product(*axes.values()):
            arguments = dict(zip(axes, values, strict=True))
            if not library_and_network(self.name):
                arguments = without_defaults("model", self.name, arguments)
            found.append({"name": self.name, **arguments})
        return found

    @property
    def count(self) -> int:
        """Return how many networks these are."""
        return math.prod(map(len, (self.model_extra or {}).values()))


class PythonNetwork(Strict):
    """A network of one's own that is given images in their shape, and arguments as axes."""

    python: Annotated[str, Field(json_schema_extra={"pattern": OWN_PATTERN})] = Field(
        description="folder/file.py:Net, or package.module:Net: a torch.nn.Module or a function "
        "that returns one, which may ask for `shape`, `classes` and `outputs`."
    )
    arguments: dict[str, Any] = Field(
        {}, description="Arguments of it; a list is an axis of the grid."
    )

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Any, info: ValidationInfo) -> Any:
        """Check the arguments against the signature, and fill its defaults in."""
        if not isinstance(value, dict):
            return value
        name, given = value.get("python"), value.get("arguments") or {}
        if not is_own(name):
            raise ValueError(
                "a network of your own is written folder/file.py:Net, one of a package "
                "package.module:Net"
            )
        if not isinstance(given, dict):
            raise ValueError("`arguments` is a mapping, as in arguments: {width: [8, 16]}")
        name = checked_name("model", str(name), info)
        if info.context is not None:
            return {**value, "python": name, "arguments": axes_of_own_network(name, given)}
        axes = {key: each if isinstance(each, list) else [each] for key, each in given.items()}
        return {**value, "python": name, "arguments": axes}

    @property
    def name(self) -> str:
        """Return the name of the network."""
        return self.python

    def networks(self) -> list[dict[str, Any]]:
        """Return the networks as they stand in runs' configurations."""
        return [
            {"name": self.python, "arguments": dict(zip(self.arguments, values, strict=True))}
            for values in itertools.product(*self.arguments.values())
        ]

    @property
    def count(self) -> int:
        """Return how many networks these are."""
        return math.prod(map(len, self.arguments.values()))


def _kind(value: Any) -> str:
    """Return which kind of network a mapping is."""
    if "python" in value if isinstance(value, dict) else hasattr(value, "python"):
        return "of a file"
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    if is_own(name):
        return "own"
    is_named = isinstance(name, str) and (name in _other_networks() or library_and_network(name))
    return "named" if is_named else "plain"


_Others = (
    Annotated[OwnNetwork, Tag("own")]
    | Annotated[NamedNetwork, Tag("named")]
    | Annotated[PythonNetwork, Tag("of a file")]
)
AnyNetwork = Annotated[Annotated[Network, Tag("plain")] | _Others, Discriminator(_kind)]
AnyNetworkAxes = Annotated[Annotated[NetworkAxes, Tag("plain")] | _Others, Discriminator(_kind)]
