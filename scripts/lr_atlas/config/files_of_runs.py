"""Files of runs that were trained elsewhere, and which of their columns is what."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lr_atlas.config.config_values import Folder, Strict, axis

MOST_FILES = 1_000
#: Files or folders: one, or a list of them.
RunFiles = Annotated[list[Folder], *axis(Folder), Field(max_length=MOST_FILES)]
_Column = Annotated[str, Field(min_length=1)]
_Some = Annotated[list[_Column], *axis(_Column)]


class ColumnsOfRuns(Strict):
    """Say which column of the files of runs is what; what is left out has a usual name."""

    run: _Column | None = Field(None, description="Tells one run from another.")
    setting: _Column | None = Field(None, description="The name of a run's setting.")
    optimizer: _Column | None = Field(None, description="The optimizer, or what is compared.")
    learning_rate: _Column | None = Field(None, description="The learning rate.")
    seed: _Column | None = Field(None, description="The seed, or number of the replicate.")
    epoch: _Column | None = Field(None, description="The epoch that a row was measured after.")
    step: _Column | None = Field(None, description="The step that it was measured after.")
    seconds: _Column | None = Field(None, description="The seconds that an epoch took.")
    status: _Column | None = Field(None, description="How a run ended: finished, diverged.")
    chance: _Column | None = Field(None, description="What guessing reaches.")
    metric: _Column | None = Field(None, description="The measured values that runs are judged by.")
    better: Literal["higher", "lower"] | None = Field(
        None, description="Which values of it are better, where its name does not say so."
    )
    unit: Annotated[str, Field(max_length=20)] = Field(
        "", description="Its unit; `%` of values 0..100 that are shares."
    )
    by: _Some = Field(
        [],
        description="The columns that make up a setting beside optimizer and learning rate. "
        "Default: all others in which runs differ.",
    )
    pattern: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="A regular expression for a line of logs in plain text, whose named groups are "
        "the columns; then all files are read as logs.",
    )
    ignore: _Some = Field([], description="Columns that are not read.")
