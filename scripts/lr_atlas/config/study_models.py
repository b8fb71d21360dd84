"""A study of `config.yaml` as a pydantic model: every key, its type, its default, what it means."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lr_atlas.config.budgets import AnyLrRule, Evaluate, StepCount, refuse_two_units
from lr_atlas.config.claims import AnyClaim
from lr_atlas.config.config_values import (
    MOST,
    AboveZero,
    Epochs,
    Number,
    PartOfAll,
    Positive,
    Seed,
    axis,
    is_one_line,
    to_whole,
    whole,
)
from lr_atlas.config.files_of_runs import ColumnsOfRuns, RunFiles
from lr_atlas.config.find_models import FindOrNot
from lr_atlas.config.key_homes import of_the_tree
from lr_atlas.config.metric_models import AnyMetric
from lr_atlas.config.network_models import AnyNetwork, Network
from lr_atlas.config.optimizer_entries import Entry, OptimizerEntry
from lr_atlas.config.own_data_models import OWN_DATA_NAME
from lr_atlas.config.part_arguments import Loss, Transforms
from lr_atlas.config.program import Program
from lr_atlas.config.reference_models import Reference
from lr_atlas.config.score_models import Score
from lr_atlas.config.seeds import Seeds
from lr_atlas.config.target_models import Target
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
MOST_CLAIMS = 1_000


Confirmations = Annotated[StrictInt, *whole(ge=0, le=1000)]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST


def _one_line(text: str) -> str:
    if not is_one_line(text):
        raise ValueError("a title is one line of letters, digits and signs")
    return text.strip()


Dynamics = Literal["sharpness", "steps"]
if TYPE_CHECKING:
    Spoken = str
else:
    #: A language that there is a catalogue of.
    Spoken = Literal[tuple(codes())]

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
        return of_the_tree(cls, key)

    title: Title = Field(
        "",
        description="What the report and the figures call the study, in one line of any text; "
        "default: its name.",
    )
    description: str = Field("", description="The question, in a sentence or two, for the report.")
    language: Spoken | None = Field(
        None, description="The language of what the study says; default: that of the file."
    )
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
    runs: RunFiles = Field(
        [],
        description="Files and folders with runs from elsewhere, from where this file lies: they "
        "join the tables of the study, or are all of it where it has no data set and no grid.",
    )
    columns: ColumnsOfRuns = Field(
        ColumnsOfRuns(),
        description="Which column of these files is what; without it, by their usual names.",
    )
    chance: Number | None = Field(
        None,
        description="The value of the metric that guessing reaches, where runs from elsewhere do "
        "not say it: one of them that diverged counts as that.",
    )

    @property
    def program(self) -> Program | None:
        """Return the program that does the training; None where it is done here."""
        return None

    @property
    def trains(self) -> bool:
        """Return whether it trains a network on data; both are known then."""
        return True

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
    def _of_runs_from_elsewhere(self) -> Study:
        alone = {"columns", "chance"} & self.model_fields_set
        if alone and not self.runs and self.program is None:
            message = f"{min(alone)} is for runs from elsewhere, whose files `runs` names"
            raise PydanticCustomError("one_of_two", "{message}", {"message": message})
        return self

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
