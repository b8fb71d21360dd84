"""Keys of the configuration that have changed, where new runs have others much like them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.units import shortened
from lr_atlas.config.torch_optimizers import defaults
from lr_atlas.studies.run_identity import is_command
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.steps.precisions import FLOAT32, PRECISION

#: Compares no more of the runs that are alike than this.
_MOST_COMPARED = 20
_MOST_VALUES = 3
#: Runs that differ in more keys than this are not near.
_MOST_CHANGED = 3
_LONGEST_DIGEST = 12

Items = tuple[tuple[str, str], ...]


def changed_keys(wanted: Mapping[Any, dict], others: Iterable[dict]) -> dict[Any, str]:
    """Return what sets runs apart from those that are nearest to them, in words.

    wanted, others: canonical configurations. Near is a run that differs in one key, or one with the
    same optimizer, arguments and seed that differs in a few others. Of a run with none near nothing
    is said. Returns such as {key of wanted: "model.dropout 0.0 -> 0.1"}.
    """
    index: dict[Items, list[Items]] = {}
    for configuration in others:
        items = configuration_items(configuration)
        for part in _parts(items):
            index.setdefault(_without(items, part), []).append(items)
    found = {}
    for key, configuration in wanted.items():
        items = configuration_items(configuration)
        for part in _parts(items):
            words = _in_words(items, index.get(_without(items, part), ())[:_MOST_COMPARED])
            if words:
                found[key] = words
                break
    return found


def configuration_items(canonical: dict) -> Items:
    """Return every key, as it stands in the file, with its value as JSON.

    Those that a study's runs have in common come first, then the optimizer and its arguments, then
    the seed: a change of an earlier one is the likelier reason.
    """
    of_program = is_command(canonical)
    common = {"threads": 1, **canonical} if of_program else complete_configuration(canonical)
    optimizer, seed = common.pop("optimizer"), common.pop("seed")
    data = common.pop("data_digest", "canonical")[:_LONGEST_DIGEST]
    common["content of inputs" if of_program else "data"] = data
    common["compute.threads"] = common.pop("threads")
    common["compute.precision"] = common.pop(PRECISION, FLOAT32)
    if not of_program:
        common.setdefault("training_images", "all")
        common |= {f"model.{key}": value for key, value in common.pop("model").items()}
    arguments = {**({} if of_program else defaults(optimizer["name"])), **optimizer}
    first = ("optimizer", arguments.pop("name"))
    items = [*sorted(common.items()), first, *sorted(arguments.items()), ("seed", seed)]
    return tuple((key, canonical_json(value)) for key, value in items)


def _parts(items: Items) -> list[slice]:
    """Return what may differ: each key by itself, and all that a study has in common."""
    single = [slice(position, position + 1) for position in range(len(items))]
    common = [key for key, _ in items].index("optimizer")
    return [*single[:common], slice(common), *single[common:]]


def _without(items: Items, part: slice) -> Items:
    return items[: part.start] + items[part.stop :] if part.start else items[part.stop :]


def _in_words(items: Items, near: Sequence[Items]) -> str:
    """Return the few keys in which the nearest ones differ, with their values before and now."""
    differences = [dict(set(other) - set(items)) for other in near]
    keys = min((found.keys() for found in differences), key=len, default=())
    if len(keys) > _MOST_CHANGED:
        return ""
    alike = [found for found in differences if found.keys() == keys]
    changes = []
    for key, value in items:
        if key in keys:
            before = shortened(sorted({found[key] for found in alike}), _MOST_VALUES)
            changes.append(f"{key} {before} -> {value}".replace('"', ""))
    return ", ".join(changes)
