"""Arguments of data of one's own whose lists are axes, as parameters of a study's settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from lr_atlas.common.rounding import compact
from lr_atlas.studies.parameters import COMMON_PARAMETERS

#: The arguments that set variants of data apart, by the digest of each.
Variants = Mapping[str, Mapping[str, Any]]

#: Columns of tables, whose names no argument can have, and how others begin.
_COLUMNS = (
    *("study", "run", "setting", "dataset", "lr", "seed", "epoch", "status", "reason", "chance"),
    *(
        "images",
        "device",
        "torch",
        "python",
        "blas",
        "processor",
        "packages",
        "step",
        "variant",
        "label",
    ),
)
_MEASURED = ("train_", "validation_", "test_", "best_", "diverged_", "epochs_", "seconds_")


def add_data_arguments(
    settings: Sequence[tuple[dict[str, Any], int, dict[str, Any]]], variants: Variants | None
) -> None:
    """Add to the parameters of each setting the arguments of its data.

    settings: (canonical configuration, epochs, parameters) of each. variants: None where the data
    has but one. The names are those of the arguments, where something else is called so with
    `data.` before them.
    """
    if not variants:
        return
    taken = {*_COLUMNS, *COMMON_PARAMETERS, *(name for *_, each in settings for name in each)}
    for canonical, _, parameters in settings:
        for name, value in variants[canonical["data_digest"]].items():
            column = f"data.{name}" if name in taken or name.startswith(_MEASURED) else name
            parameters[column] = value if isinstance(value, int | float) else compact(value)
