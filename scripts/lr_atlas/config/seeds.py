"""The seeds of a study: a list of them, or how many."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from lr_atlas.config.config_values import Positive, Seed, to_whole

MOST_SEEDS = 10_000


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
