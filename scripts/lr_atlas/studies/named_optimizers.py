"""The optimizers of torch that studies name."""

from collections.abc import Iterable

from lr_atlas.config.optimizer_entries import arguments_of
from lr_atlas.config.study_models import Study
from lr_atlas.config.torch_optimizers import Optimizers, torch_optimizers


def optimizers_of(studies: Iterable[Study]) -> Optimizers:
    """Return what torch says of those of its optimizers that studies name."""
    trained = [study for study in studies if not study.program]
    entries = [entry for study in trained for entry in study.optimizers]
    named = {entry.name for entry in entries}
    if not named:
        return {}
    named |= {each["name"] for entry in entries for each in arguments_of(entry).get("rest", ())}
    return {name: each for name, each in torch_optimizers().items() if name in named}
