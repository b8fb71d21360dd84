"""The shape of `config.yaml` as pydantic models: every key, its type, its default, what it means.

The models for optimizer entries are made from what torch says of its optimizers, one for each, so
that unknown arguments and wrong values are found here and the JSON schema completes them in an
editor. They are made when a study is first read: what only imports this asks torch nothing.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    StrictBool,
    StrictInt,
    Tag,
    TypeAdapter,
    ValidationInfo,
    WithJsonSchema,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema

from lr_atlas.common.figure_formats import FORMATS, Format
from lr_atlas.common.spelling import did_you_mean, suggestion
from lr_atlas.config.budgets import AnyLrRule, Evaluate, StepCount, refuse_two_units
from lr_atlas.config.claims import AnyClaim
from lr_atlas.config.config_notes import note_on
from lr_atlas.config.config_values import (
    MOST,
    AboveZero,
    Epochs,
    Folder,
    Number,
    PartOfAll,
    Positive,
    Seed,
    Strict,
    axis,
    is_one_line,
    to_whole,
    whole,
)
from lr_atlas.config.dataset_models import Datasets
from lr_atlas.config.find_models import FindOrNot
from lr_atlas.config.metric_models import AnyMetric
from lr_atlas.config.network_models import AnyNetwork, AnyNetworkAxes, Network
from lr_atlas.config.optimizer_fields import argument_fields
from lr_atlas.config.optimizer_groups import Groups, complete_own_entry, group_axes
from lr_atlas.config.own_data_models import OWN_DATA_NAME, OwnData
from lr_atlas.config.own_optimizers import (
    OwnOptimizer,
    is_own_optimizer,
    with_its_name_under_python,
)
from lr_atlas.config.part_arguments import Loss, Transforms
from lr_atlas.config.program import Program
from lr_atlas.config.reference_models import Reference
from lr_atlas.config.score_models import Score
from lr_atlas.config.target_models import Target
from lr_atlas.config.torch_optimizers import torch_optimizers
from lr_atlas.config.training_axes import TrainingAxes
from lr_atlas.config.variance_models import VarianceOrNot
from lr_atlas.data.catalogue import datasets
from lr_atlas.locale.language_names import codes
from lr_atlas.training.configuration import DEFAULTS
from lr_atlas.training.parts import short_name

STUDY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
#: A study's name is that of files, which have an ending beside it.
LONGEST_STUDY_NAME = 200
LONGEST_TITLE = 200
MOST_STUDIES = 1_000
MOST_CLAIMS = 1_000
MOST_THREADS = 1_024


class OptimizerEntry(TrainingAxes):
    """Hold the keys of every optimizer entry beside its optimizer's own arguments."""

    # Read as part of a study alone, with which the model is built.
    model_config = ConfigDict(defer_build=True)

    if TYPE_CHECKING:
        name: str  # each model of an entry has one of its own

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Name the optimizer, since another one may well have that argument."""
        name = get_args(cls.model_fields["name"].annotation)[0]
        arguments = list(torch_optimizers()[name]["arguments"])
        others = [key for key in cls.model_fields if key not in ("name", *arguments)]
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
    steps: Annotated[list[StepCount], *axis(StepCount)] | None = Field(
        None, description="Overrides the study's steps for this entry; a list is an axis."
    )
    lr_rule: AnyLrRule | None = Field(
        None,
        description="Overrides the study's rule for lr and batch size for this entry; none: lr is "
        "what it says.",
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


def _entry_model(name: str, optimizer: dict) -> type[OptimizerEntry]:
    """Return the model of an entry for an optimizer, see `torch_optimizers`."""
    optimizer_class = optimizer["class"]
    fields: dict[str, Any] = {
        "name": (Literal[name], Field(description=f"torch.optim.{optimizer_class}")),
        **argument_fields(optimizer),
    }
    # A step that evaluates the loss itself goes over all parameters alike.
    base: Any = OptimizerEntry if optimizer.get("needs_closure") else (OptimizerEntry, Groups)
    return create_model(f"{optimizer_class}Entry", __base__=base, **fields)


def arguments_of(entry: OptimizerEntry) -> dict[str, list]:
    """Return the values of each argument of an entry's optimizer, lr included."""
    own: dict[str, list] | None = getattr(entry, "arguments", None)
    if own is not None:  # of one's own, or of a program
        return own
    known = {key: getattr(entry, key) for key in torch_optimizers()[entry.name]["arguments"]}
    return {**known, **group_axes(entry.model_dump(include={*Groups.model_fields}))}


@functools.cache
def _entry_models() -> dict[str, type[OptimizerEntry]]:
    """Return the model of an entry for each optimizer of torch, by name."""
    return {name: _entry_model(name, each) for name, each in torch_optimizers().items()}


class OwnEntry(OptimizerEntry):
    """An optimizer of one's own: a class like those of torch.optim, and its arguments as axes."""

    model_config = ConfigDict(
        extra="allow", frozen=True, json_schema_extra=with_its_name_under_python
    )

    name: OwnOptimizer = Field(
        description="package.Class, folder/file.py:Class, or package.module:Class."
    )

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Any, info: ValidationInfo) -> Any:
        """Check the arguments against the class's signature, and fill its defaults in."""
        if info.context is None or not isinstance(value, dict):
            return value
        return complete_own_entry(value, OptimizerEntry.model_fields, info.context)

    @property
    def arguments(self) -> dict[str, list]:
        """Return the values of each argument, lr included, and what is said of groups."""
        extra = dict(self.model_extra or {})
        return {**extra, **group_axes(extra)}


def _kind_of_entry(value: Any) -> str | None:
    """Return which model reads an entry: that of its optimizer, or of one's own."""
    if isinstance(value, dict) and "python" in value:
        return "own"
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    if is_own_optimizer(name):
        return "own"
    return None if name is None else str(name)


class _ByItsOptimizer:
    """Has an entry read by the model of its optimizer."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        models: Any = Annotated[OwnEntry, Tag("own")]
        for name, model in _entry_models().items():
            models |= Annotated[model, Tag(name)]
        return handler.generate_schema(Annotated[models, Discriminator(_kind_of_entry)])


Entry = Annotated[OptimizerEntry, _ByItsOptimizer()]


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
    if not is_one_line(text):
        raise ValueError("a title is one line of letters, digits and signs")
    return text.strip()


Dynamics = Literal["sharpness", "steps"]

Title = Annotated[str, Field(max_length=LONGEST_TITLE), AfterValidator(_one_line)]


#: config_file looks whether there is such a data set.
_DATASET_SCHEMA = {
    "anyOf": [{"enum": [*datasets()]}, {"type": "string", "pattern": f"^{OWN_DATA_NAME.pattern}$"}]
}


class Study(TrainingAxes):
    """One question: a data set, a network, and a grid of optimizers and learning rates."""

    # Until one is read, since its entries' models need torch to be asked.
    model_config = ConfigDict(defer_build=True)

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
    dataset: Annotated[str, WithJsonSchema(_DATASET_SCHEMA)] = Field(
        description="The data set: one of the catalogue, or of your own by its name in `datasets`."
    )
    validation: Literal["test", "given"] | Positive | PartOfAll = Field(
        DEFAULTS["validation"],
        description="What the validation curves are measured on: a number of training images held "
        "out, the same share of each class, or a share of them (0.1); `given` for those that the "
        "data brings; or `test` for the test images, as many papers do.",
    )
    split_seed: Seed = Field(0, description="Which training images are held out.")
    training_images: Literal["all"] | Positive = Field(
        "all",
        description="How many of the images that are not held out are trained on: a number, the "
        "first ones of each class, as many of each as it has a share in them; or `all`.",
    )
    model: AnyNetwork = Field(Network(), description="The network.")
    loss: Loss = Field(
        DEFAULTS["loss"],
        description="Of classes: cross_entropy, binary (each class against the rest) or mse (of "
        "the softmax output and the one-hot target); of numbers: mse, which is their default, mae "
        "or huber; or one of your own as folder/file.py:thing. With arguments as in "
        "{name: cross_entropy, label_smoothing: 0.1}.",
    )
    transforms: Transforms = Field(
        [],
        description="Changes of the images, in their order, as in [flip, {crop: 4}, normalise]: "
        "each batch anew in training; normalise (each channel to mean 0 and deviation 1, by the "
        "training part) in evaluation too.",
    )
    pixels: Annotated[list[Number], Field(min_length=2, max_length=2)] = Field(
        DEFAULTS["pixels"], description="The range that the pixel values 0..255 are scaled to."
    )
    batch_size: Positive = Field(DEFAULTS["batch_size"], description="Images per training step.")
    lr_rule: AnyLrRule | None = Field(
        None,
        description="How the lr of entries goes with their batch sizes: linear or sqrt, from that "
        "of the study, or from another as in {rule: sqrt, reference: 128}. Default: not at all.",
    )
    epochs: Epochs = Field(10, description="Passes over the training images.")
    steps: StepCount | None = Field(
        None, description="Training steps, each of a batch: the budget in the place of epochs."
    )
    evaluate: Evaluate = Field(
        None,
        description="When runs are evaluated: after each epoch (the default); {every: 50}, after "
        "every so many steps; {steps: [10, 100, 1000]}, after these. And at their end.",
    )
    seeds: Seeds = Field(
        [0, 1, 2],
        description="Replicates of every setting: a list of seeds, each 0 to 2^63 - 1, or a number "
        "n for 0..n-1.",
    )
    optimizers: Annotated[list[Entry], Field(min_length=1)] = Field(
        description="The grid: an entry per optimizer, whose lists are multiplied out."
    )
    defaults: StrictBool = Field(
        False,
        description="Whether each of torch's optimizers of the grid is also run with all of its "
        "default arguments, the learning rate too; how far below the best setting that lies stands "
        "in the table of sensitivity. These runs are not among those that are chosen from.",
    )
    find: FindOrNot = Field(
        None,
        description="Whether each optimizer has range tests too, whose suggested learning rate is "
        "held against those that were measured: true, or how they are made.",
    )
    confirm: Confirmations = Field(
        0,
        description="On how many fresh seeds the chosen setting of each optimizer is run again; "
        "the test result then comes from those runs alone. 0: from the runs that it was chosen by.",
    )
    variance: VarianceOrNot = Field(
        None,
        description="Whether the chosen setting of each optimizer is also run with one source of "
        "chance varied at a time, to see how much each scatters the test result: true, or which "
        "sources and from how many seeds.",
    )
    metric: AnyMetric | None = Field(
        None,
        description="What curves, tables, findings, claims and the answer speak of; one of your "
        'own as {python: metrics.py:mine, better: higher, unit: "%"}. Default: accuracy, or rmse '
        "for regression.",
    )
    select_by: str | None = Field(
        None,
        description="The metric that chooses the setting of each optimizer: that of the study "
        "(the default), loss, or accuracy.",
    )
    score: Score = Field(
        Score(),
        description="What a run counts with in choices, verdicts, tables and texts; {last: 5} for "
        "the mean of its last five epochs. Default: the last one.",
    )
    target: Target = Field(
        None,
        description="The value of the metric on the validation images to which time is measured; "
        "accuracies in 0..1; of another that the runs measure as in {loss: 0.3}. Default: the best "
        "round value that the best setting of every optimizer reaches: a whole per cent of "
        "shares, two digits of others.",
    )
    margin: AboveZero | None = Field(
        None,
        description="The loss in the metric that does not matter, in its own unit: the plateau of "
        "an optimizer is the learning rates that are shown to be within it of the best. Default: "
        "a point (0.01) of shares such as accuracy, of others a hundredth of the way from guessing "
        "to the best setting.",
    )
    matters: AboveZero | None = Field(
        None,
        description="The smallest difference of the metric that matters, in its own unit (0.002 "
        "of an accuracy: 0.2 points). What is shown to be apart by less is called alike, or better "
        "by less than matters.",
    )
    dynamics: Annotated[list[Dynamics], *axis(Dynamics)] = Field(
        [],
        description="What is recorded of gradients and updates beside the usual at each "
        "evaluation: `steps` for a row per step, `sharpness` for the largest eigenvalue of the "
        "Hessian, or both in a list. It changes no result, and takes time.",
    )
    reference: Reference | None = Field(
        None, description="Values that a paper reports, shown beside the measured ones."
    )
    claims: Annotated[list[AnyClaim], Field(max_length=MOST_CLAIMS)] = Field(
        [], description="Statements that the runs confirm, contradict or leave open."
    )

    @property
    def program(self) -> Program | None:
        """Return the program that does the training; None where it is done here."""
        return None

    def called(self, name: str) -> str:
        """Return what people are shown in place of the study's name."""
        return self.title or name

    @field_validator("validation", mode="before")
    @classmethod
    def _test_or_number(cls, value: Any) -> Any:
        value = to_whole(value)
        is_share = isinstance(value, float) and 0 < value < 1
        if value not in ("test", "given") and not is_share and not _is_count(value):
            raise ValueError(
                "either `test` or a number of training images to hold out belongs here (or a share "
                "of them, as in 0.1; or `given`, for those that the data brings)"
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

    @model_validator(mode="after")
    def _one_unit(self) -> Study:
        given = {key for key in ("epochs", "steps") if key in self.model_fields_set}
        refuse_two_units(self.optimizers, given - {"steps" if self.steps is None else ""})
        return self

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


class _OfACommandOrNot:
    """Has a study read by the model of those of a program, if it has a command."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from lr_atlas.config.command_study import CommandStudy  # which is a Study

        return handler.generate_schema(
            Annotated[
                Annotated[Study, Tag("study of training")]
                | Annotated[CommandStudy, Tag("study of a program")],
                Discriminator(_kind_of_study),
            ]
        )


def _kind_of_study(value: Any) -> str:
    has_command = "command" in value if isinstance(value, dict) else hasattr(value, "command")
    return "study of a program" if has_command else "study of training"


AnyStudy = Annotated[Study, _OfACommandOrNot()]


def read_study(values: dict) -> Study:
    """Return a study from plain values, see `model_dump`."""
    return TypeAdapter(AnyStudy).validate_python(values)


class Figures(Strict):
    """Set how the figures look, and as which files they are written."""

    style: Literal["paper", "slides"] = Field(
        "paper", description="paper: for print; slides: 16:9, larger letters, thicker lines."
    )
    language: Literal[tuple(codes())] = Field(  # type: ignore[valid-type]
        "en", description="Of titles, labels and notes."
    )
    titles: bool = Field(True, description="false: none in the figures, for a text with captions.")
    formats: list[Format] = Field(
        list(FORMATS),
        description="The files of each figure. svg is one of them, since pages show it; a png has "
        "300 dots per inch.",
        json_schema_extra={"contains": {"const": "svg"}},
    )

    @field_validator("formats")
    @classmethod
    def _with_svg(cls, formats: list[Format]) -> list[Format]:
        """Return each format once, in the order of FORMATS, so that the order says nothing."""
        found = [name for name in FORMATS if name in formats]
        if "svg" not in found:
            raise ValueError(
                "svg belongs into the list, since the pages show it, as in "
                f"[{', '.join(['svg', *found])}]"
            )
        return found


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
        defer_build=True,  # as that of a study
        json_schema_extra={
            "patternProperties": {"^x-": {}},
            "required": [],
            "anyOf": [{"required": ["studies"]}, {"required": ["include"]}],
        },
    )

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Say where a key belongs that stands elsewhere."""
        return _of_the_tree(cls, key)

    datasets: Datasets = Field(  # type: ignore[valid-type]
        Datasets(), description="Where the data sets may be taken from."
    )
    studies: Annotated[dict[str, AnyStudy], Field(min_length=1, max_length=MOST_STUDIES)] = Field(
        description="The studies, by name. A name is also the name of a folder."
    )
    include: list[str] | str = Field(
        [], description="Files with more studies: paths from where this file lies."
    )
    compute: Compute = Field(Compute(), description="Where and how the runs are computed.")
    figures: Figures = Field(
        Figures(), description="How the figures look, and as which files they are written."
    )
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


def own_data(configuration: Configuration) -> dict[str, OwnData]:
    """Return the data sets of one's own that a configuration names."""
    return configuration.datasets.own  # type: ignore[attr-defined]


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
            for entry in _entry_models().values()
        ),
    ]
