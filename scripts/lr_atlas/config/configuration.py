"""The whole of `config.yaml` as a pydantic model: the studies, and what they have in common."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt, field_validator, model_validator

from lr_atlas.common.figure_formats import FORMATS, Format
from lr_atlas.config.any_study import AnyStudy
from lr_atlas.config.config_values import Folder, Strict, whole
from lr_atlas.config.dataset_models import Datasets
from lr_atlas.config.key_homes import of_the_tree
from lr_atlas.config.own_data_models import OwnData
from lr_atlas.config.study_models import Spoken
from lr_atlas.locale.language import SOURCE
from lr_atlas.training.configuration import DEFAULTS
from lr_atlas.training.steps.precisions import FLOAT32, TF32

MOST_STUDIES = 1_000
MOST_THREADS = 1_024


class Figures(Strict):
    """Set how the figures look, and as which files they are written."""

    style: Literal["paper", "slides"] = Field(
        "paper", description="paper: for print; slides: 16:9, larger letters, thicker lines."
    )
    language: Spoken | None = Field(
        None,
        description="Of titles, labels and notes, where it is another than that of the studies.",
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
    precision: Literal["float32", "tf32", "bfloat16"] = Field(
        FLOAT32,
        description="How products are rounded in training: tf32 needs device: cuda; bfloat16 has "
        "torch's own steps, on a processor too. Part of what a run is (docs/gpu.md).",
    )

    @model_validator(mode="after")
    def _tf32_is_of_a_gpu(self) -> Compute:
        if self.precision == TF32 and self.device != "cuda":
            raise ValueError(
                "precision: tf32 needs a GPU: `device: cuda` belongs beside it, not "
                f"`device: {self.device}`"
            )
        return self


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
        return of_the_tree(cls, key)

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
    language: Spoken = Field(
        SOURCE.code,
        description="The language of everything that the studies say: pages, tables for reading, "
        "figures, findings, claims, summaries, the report.",
    )
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


def language_of(configuration: Configuration, study: str) -> str:
    """Return the code of the language of what a study says."""
    return configuration.studies[study].language or configuration.language


def own_data(configuration: Configuration) -> dict[str, OwnData]:
    """Return the data sets of one's own that a configuration names."""
    return configuration.datasets.own  # type: ignore[attr-defined]
