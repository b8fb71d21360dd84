"""The key `score` of a study: what a run counts with."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StrictInt

from lr_atlas.config.config_values import Strict, whole

#: Each is a row of a run's history.
_MOST_ROWS = 100_000


class Score(Strict):
    """Set what a run counts with where settings are compared."""

    model_config = ConfigDict(defer_build=True)

    last: Annotated[StrictInt, *whole(ge=1, le=_MOST_ROWS)] = Field(
        1,
        description="How many of a run's last evaluations, one after each epoch, its final values "
        "are the mean of.",
    )
