"""The shape of `config.yaml` as pydantic models: every key, its type, its default, what it means.

The models for optimizer entries are made from the table of optimizers, one per optimizer, so that
unknown arguments and wrong values are found here and the JSON schema completes them in an editor.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    Tag,
    TypeAdapter,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from lr_atlas.common.spelling import did_you_mean, suggestion
from lr_atlas.config.claim_models import AnyClaim
from lr_atlas.config.config_notes import FULLY_CONNECTED, note_on
from lr_atlas.config.config_values import (
    MOST,
    Accuracy,
    Activation,
    Epochs,
    Folder,
    Hidden,
    Number,
    Positive,
    Seed,
    Share,
    Strict,
    axis,
    axis_of_tuples,
    number,
    to_whole,
    whole,
)
from lr_atlas.config.dataset_models import Datasets
from lr_atlas.config.optimizer_table import OPTIMIZERS
from lr_atlas.config.own_parts import OwnNetwork, is_own, own_arguments, part_name
from lr_atlas.config.reference_models import Reference
from lr_atlas.config.value_ranges import number_axis
from lr_atlas.data.catalogue import datasets
from lr_atlas.training.configuration import DEFAULTS
from lr_atlas.training.parts import names, short_name

#: A point: what a plateau may cost in accuracy, unless the study says otherwise.
MARGIN = 0.01
STUDY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
#: A study's name is that of files, which have an ending beside it.
LONGEST_STUDY_NAME = 200
LONGEST_TITLE = 200
MOST_STUDIES = 1_000
MOST_CLAIMS = 1_000
MOST_THREADS = 1_024


class _FullyConnected(Strict):
    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Say that there are no other kinds of networks."""
        return f"unknown key '{key}'{suggestion(key, cls.model_fields, FULLY_CONNECTED)}"


Loss = Annotated[str, *part_name("loss")]
Schedule = Annotated[str, *part_name("schedule")]


class Network(_FullyConnected):
    """The network: fully connected layers."""

    name: Literal["fully_connected"] = Field(
        "fully_connected", description="Or one of your own, as folder/file.py:thing."
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


class NetworkAxes(_FullyConnected):
    """Changes to the study's network for one optimizer entry; keys left out are the study's."""

    hidden: Annotated[list[Hidden], *axis_of_tuples(Hidden)] | None = Field(
        None, description="As in the study; a list of lists is an axis of the grid."
    )
    activation: Annotated[list[Activation], *axis(Activation)] | None = Field(
        None, description="As in the study; a list is an axis of the grid."
    )
    dropout: Annotated[list[Share], *number_axis(Share)] | None = Field(
        None, description="As in the study; a list or a range is an axis of the grid."
    )


def _is_own_model(value: Any) -> str:
    """Return which of the two kinds of models a mapping is."""
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    others = [each for each in names("model") if each != DEFAULTS["model"]["name"]]
    return "own" if is_own(name) or name in others else "built_in"


_Own = Annotated[OwnNetwork, Tag("own")]
AnyNetwork = Annotated[Annotated[Network, Tag("built_in")] | _Own, Discriminator(_is_own_model)]
AnyNetworkAxes = Annotated[
    Annotated[NetworkAxes, Tag("built_in")] | _Own, Discriminator(_is_own_model)
]


class OptimizerEntry(Strict):
    """Hold the keys of every optimizer entry beside its optimizer's own arguments."""

    if TYPE_CHECKING:
        name: str  # each model of an entry has one of its own

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Name the optimizer, since another one may well have that argument."""
        name = get_args(cls.model_fields["name"].annotation)[0]
        arguments = list(OPTIMIZERS[name]["arguments"])
        others = [key for key in OptimizerEntry.model_fields if key != "name"]
        note = note_on(key)
        if key in Network.model_fields:
            note = "it belongs under `model`"
        elif key in Study.model_fields:
            note = "it belongs into the study, beside `optimizers`"
        told = did_you_mean(key, arguments + others) or (f": {note};" if note else ";")
        return (
            f"{name} has no argument '{key}'{told} it has {', '.join(arguments)}; "
            f"an entry may also set {', '.join(others)}"
        )

    epochs: Annotated[list[Epochs], *axis(Epochs)] | None = Field(
        None, description="Overrides the study's epochs for this entry; a list is an axis."
    )
    batch_size: Annotated[list[Positive], *axis(Positive)] | None = Field(
        None, description="Overrides the study's batch size for this entry; a list is an axis."
    )
    model: Annotated[list[AnyNetworkAxes], *axis(AnyNetworkAxes)] | None = Field(
        None,
        description="Overrides keys of the study's model for this entry; a list of mappings, or "
        "lists inside the mapping, are axes.",
    )
    loss: Annotated[list[Loss], *axis(Loss)] | None = Field(
        None, description="Overrides the study's loss for this entry; a list is an axis."
    )


def _bounded(description: dict) -> Any:
    """Return the type of one number of the table, with its accepted range."""
    names = {"above": "gt", "minimum": "ge", "below": "lt", "maximum": "le"}
    bounds = {names[key]: value for key, value in description.items() if key in names}
    kind: Any = Annotated[float, *number(**bounds)]
    return kind | None if description.get("optional") else kind


def _argument_type(description: dict) -> Any:
    """Return the type of one optimizer argument, as an axis."""
    kind = description["kind"]
    if kind == "number":
        of = _bounded(description)
        return _list_of(of, number_axis(of))
    if kind == "boolean":
        return Annotated[list[StrictBool], *axis(StrictBool)]
    if kind == "optional_boolean":
        return Annotated[list[StrictBool | None], *axis(StrictBool | None)]
    of = GenericAlias(tuple, tuple(_bounded(element) for element in description["elements"]))
    return _list_of(of, axis_of_tuples(of))


def _list_of(of: Any, metadata: tuple[Any, ...]) -> Any:
    return Annotated[list[of], *metadata]


def _entry_model(name: str) -> type[OptimizerEntry]:
    """Return the model of an entry for the optimizer `name`."""
    optimizer_class = OPTIMIZERS[name]["class"]
    fields: dict[str, Any] = {
        "name": (Literal[name], Field(description=f"torch.optim.{optimizer_class}"))
    }
    for argument, description in OPTIMIZERS[name]["arguments"].items():
        default = description["default"]
        default = tuple(default) if isinstance(default, list) else default
        text = "Learning rate" if argument == "lr" else f"Argument of torch.optim.{optimizer_class}"
        fields[argument] = (
            _argument_type(description),
            Field([default], description=f"{text}; a list is an axis of the grid."),
        )
    return create_model(f"{optimizer_class}Entry", __base__=OptimizerEntry, **fields)


def arguments_of(entry: OptimizerEntry) -> dict[str, list]:
    """Return the values of each argument of an entry's optimizer, lr included."""
    if isinstance(entry, OwnEntry):
        return entry.arguments
    return {key: getattr(entry, key) for key in OPTIMIZERS[entry.name]["arguments"]}


ENTRY_MODELS = {name: _entry_model(name) for name in OPTIMIZERS}

OwnOptimizer = Annotated[str, *part_name("optimizer")]


class OwnEntry(OptimizerEntry):
    """An optimizer of one's own: a class like those of torch.optim, and its arguments as axes."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: OwnOptimizer = Field(description="folder/file.py:Class, or package.module:Class.")

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Any, info: ValidationInfo) -> Any:
        """Check the arguments against the class's signature, and fill its defaults in."""
        if info.context is None or not isinstance(value, dict):
            return value
        name = TypeAdapter(OwnOptimizer).validate_python(value.get("name"), context=info.context)
        common = OptimizerEntry.model_fields
        given = {key: each for key, each in value.items() if key not in {*common, "name"}}
        return {**value, **own_arguments(name, given)}

    @property
    def arguments(self) -> dict[str, list]:
        """Return the values of each argument, lr included."""
        return dict(self.model_extra or {})


def _kind_of_entry(value: Any) -> str | None:
    """Return which model reads an entry: that of its optimizer, or of one's own."""
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    if is_own(name) or name in names("optimizer"):
        return "own"
    return None if name is None else str(name)


_union: Any = Annotated[OwnEntry, Tag("own")]
for _name, _model in ENTRY_MODELS.items():
    _union |= Annotated[_model, Tag(_name)]
Entry = Annotated[_union, Discriminator(_kind_of_entry)]


MOST_SEEDS = 10_000
Confirmations = Annotated[StrictInt, *whole(ge=0, le=1000)]


def _count_to_seeds(value: Any) -> Any:
    value = to_whole(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 1:
            raise ValueError("at least one seed is needed")
        if value > MOST_SEEDS:
            raise ValueError(f"more than {MOST_SEEDS} seeds cannot be meant")
        return list(range(value))
    if isinstance(value, list) and len(value) > MOST_SEEDS:
        raise ValueError(f"more than {MOST_SEEDS} seeds cannot be meant")
    return value


SeedList = Annotated[list[Seed], Field(min_length=1)]
Seeds = Annotated[
    SeedList, BeforeValidator(_count_to_seeds, json_schema_input_type=Positive | SeedList)
]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST


def _one_line(text: str) -> str:
    # Line ends and other control characters, which no picture and no page can hold.
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        raise ValueError("a title is one line of letters, digits and signs")
    return text.strip()


Title = Annotated[str, Field(max_length=LONGEST_TITLE), AfterValidator(_one_line)]


class Study(Strict):
    """One question: a data set, a network, and a grid of optimizers and learning rates."""

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Say where a key belongs that stands elsewhere."""
        return _of_the_tree(cls, key)

    title: Title = Field(
        "",
        description="What the report and the figures call the study, in one line of any text; "
        "default: its name.",
    )
    description: str = Field("", description="The question, in a sentence or two, for the report.")
    dataset: Literal[tuple(datasets())] = Field(description="The data set.")  # type: ignore[valid-type]
    validation: Literal["test"] | Positive = Field(
        DEFAULTS["validation"],
        description="What the validation curves are measured on: a number of training images held "
        "out, the same share of each class, or `test` for the test images, as many papers do.",
    )
    training_images: Literal["all"] | Positive = Field(
        "all",
        description="How many of the images that are not held out are trained on: a number, the "
        "first ones of each class, as many of each as it has a share in them; or `all`.",
    )
    model: AnyNetwork = Field(Network(), description="The network.")
    loss: Loss = Field(
        DEFAULTS["loss"],
        description="cross_entropy, or mse (mean squared error between the softmax output and the "
        "one-hot target), or one of your own as folder/file.py:thing.",
    )
    schedule: Schedule = Field(
        DEFAULTS["schedule"],
        description="How the learning rate goes over the steps: constant, or one of your own as "
        "folder/file.py:thing.",
    )
    pixels: Annotated[list[Number], Field(min_length=2, max_length=2)] = Field(
        DEFAULTS["pixels"], description="The range that the pixel values 0..255 are scaled to."
    )
    batch_size: Positive = Field(DEFAULTS["batch_size"], description="Images per training step.")
    epochs: Epochs = Field(10, description="Passes over the training images.")
    seeds: Seeds = Field(
        [0, 1, 2],
        description="Replicates of every setting: a list of seeds, each 0 to 2^63 - 1, or a number "
        "n for 0..n-1.",
    )
    optimizers: Annotated[list[Entry], Field(min_length=1)] = Field(
        description="The grid: an entry per optimizer, whose lists are multiplied out."
    )
    confirm: Confirmations = Field(
        0,
        description="On how many fresh seeds the chosen setting of each optimizer is run again; "
        "the test result then comes from those runs alone. 0: from the runs that it was chosen by.",
    )
    target: Accuracy | None = Field(
        None,
        description="The validation accuracy to which time is measured, 0..1. Default: the highest "
        "whole per cent that the best setting of every optimizer reaches.",
    )
    margin: Annotated[float, *number(gt=0, lt=1)] = Field(
        MARGIN,
        description="The loss of accuracy that does not matter, 0..1: the plateau of an optimizer "
        "is the learning rates that are shown to be within it of the best.",
    )
    reference: Reference | None = Field(
        None, description="Values that a paper reports, shown beside the measured ones."
    )
    claims: Annotated[list[AnyClaim], Field(max_length=MOST_CLAIMS)] = Field(
        [], description="Statements that the runs confirm, contradict or leave open."
    )

    def called(self, name: str) -> str:
        """Return what people are shown in place of the study's name."""
        return self.title or name

    @field_validator("validation", mode="before")
    @classmethod
    def _test_or_number(cls, value: Any) -> Any:
        value = to_whole(value)
        if value != "test" and not _is_count(value):
            raise ValueError(
                "either `test` or a number of training images to hold out belongs here"
            )
        return value

    @field_validator("training_images", mode="before")
    @classmethod
    def _all_or_number(cls, value: Any) -> Any:
        value = to_whole(value)
        if value != "all" and not _is_count(value):
            raise ValueError("either `all` or a number of images to train on belongs here")
        return value

    @field_validator("optimizers")
    @classmethod
    def _one_optimizer_a_name(cls, entries: list[OptimizerEntry]) -> list[OptimizerEntry]:
        by_name: dict[str, str] = {}
        for entry in entries:
            other = by_name.setdefault(short_name(entry.name), entry.name)
            if other != entry.name:
                raise ValueError(
                    f"{other} and {entry.name} would both be called {short_name(entry.name)}"
                )
        return entries

    @field_validator("seeds")
    @classmethod
    def _seeds_once(cls, seeds: list[int]) -> list[int]:
        twice = sorted(seed for seed, times in Counter(seeds).items() if times > 1)
        if twice:
            raise ValueError(f"seed {twice[0]} stands here twice; each seed is one replicate")
        return seeds

    @field_validator("pixels")
    @classmethod
    def _rising(cls, pixels: list[float]) -> list[float]:
        if pixels[0] >= pixels[1]:
            raise ValueError("the first value must be below the second, as in [0, 1] or [-1, 1]")
        return pixels


class Figures(Strict):
    """Set how the figures look."""

    style: Literal["paper", "slides"] = Field(
        "paper", description="paper: for print; slides: 16:9, larger letters, thicker lines."
    )
    language: Literal["en", "es"] = Field("en", description="Of titles, labels and notes.")
    titles: bool = Field(True, description="false: none in the figures, for a text with captions.")


class Compute(Strict):
    """Set where and how the runs are computed."""

    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="auto uses a GPU where there is one."
    )
    threads: Annotated[StrictInt, *whole(ge=1, le=MOST_THREADS)] = Field(
        DEFAULTS["threads"],
        description="Compute threads of a run. Part of what a run is, since results depend on it.",
    )


class Recompute(Strict):
    """Set what beside the code and the data makes a run stale."""

    on_new_torch: StrictBool = Field(
        False,
        description="Whether runs that another version of torch has made are trained again. The "
        "report says with which version each run was made.",
    )


class Cache(Strict):
    """Set where trained runs are shared."""

    directory: Folder | None = Field(
        None,
        description="A folder in which this project's copies, on any machine that sees it, keep "
        "checkpoints and finished runs for one another. Relative to this file. Without it they "
        "stay in results/checkpoints.",
    )


class Configuration(Strict):
    """The whole of config.yaml."""

    #: Blocks that other places take with an anchor, as in compose files; and studies may stand in
    #: files of their own, all of them.
    model_config = ConfigDict(
        json_schema_extra={
            "patternProperties": {"^x-": {}},
            "required": [],
            "anyOf": [{"required": ["studies"]}, {"required": ["include"]}],
        }
    )

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Say where a key belongs that stands elsewhere."""
        return _of_the_tree(cls, key)

    datasets: Datasets = Field(  # type: ignore[valid-type]
        Datasets(), description="Where the data sets may be taken from."
    )
    studies: Annotated[dict[str, Study], Field(min_length=1, max_length=MOST_STUDIES)] = Field(
        description="The studies, by name. A name is also the name of a folder."
    )
    include: list[str] | str = Field(
        [], description="Files with more studies: paths from where this file lies."
    )
    compute: Compute = Field(Compute(), description="Where and how the runs are computed.")
    figures: Figures = Field(Figures(), description="How the figures look.")
    recompute: Recompute = Field(
        Recompute(), description="What beside the code and the data makes a run stale."
    )
    cache: Cache = Field(Cache(), description="Where trained runs are shared.")

    @model_validator(mode="before")
    @classmethod
    def _without_blocks(cls, value: Any) -> Any:
        """Leave out keys that begin with `x-`; a section that holds comments alone is empty.

        What is included has been read (included_files.py), and its studies are among the others.
        """
        if not isinstance(value, dict):
            return value
        return {
            key: part
            for key, part in value.items()
            if (part is not None or key == "studies")
            and key != "include"
            and not str(key).startswith("x-")
        }


def _of_the_tree(model: type[Strict], key: str) -> str:
    """Return what is to be said of an unknown key that may have its place in another mapping."""
    homes = [where for other, where in _homes() if other is not model and key in other.model_fields]
    note = f"it belongs {homes[0]}" if homes else note_on(key)
    if homes:  # the word is right
        return f"unknown key '{key}': {note}. Allowed here: {', '.join(model.model_fields)}"
    return f"unknown key '{key}'{suggestion(key, model.model_fields, note)}"


def _homes() -> list[tuple[type[Strict], str]]:
    """Return where in the configuration each mapping stands."""
    sections: dict[str, type[Strict]] = {
        "compute": Compute,
        "figures": Figures,
        "recompute": Recompute,
    }
    return [
        (Configuration, "at the top of the file, beside `studies`"),
        *(
            (section, f"under `{name}`, at the top of the file")
            for name, section in sections.items()
        ),
        (Study, "into a study"),
        (Network, "under `model` of a study"),
        *(
            (entry, "into an entry under `optimizers` of a study")
            for entry in ENTRY_MODELS.values()
        ),
    ]
