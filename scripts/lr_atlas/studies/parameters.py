"""Parameters of settings, which are columns of tables, and the names of settings from them."""

import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.lengths import unit_of
from lr_atlas.common.rounding import compact, rounded
from lr_atlas.config.torch_optimizers import defaults
from lr_atlas.studies.run_identity import is_command, safe_in_names, text_of_groups
from lr_atlas.training.configuration import (
    TRAINING_AXES,
    USUAL,
    USUAL_GROUPS,
    complete_configuration,
    grouping,
    is_plain,
)
from lr_atlas.training.parts import short_name

#: The order of the parameter columns in the tables, after optimizer and learning rate and before
#: the optimizers' own arguments.
COMMON_PARAMETERS = (
    *("batch_size", "epochs", "steps", "loss", "network"),
    *("hidden", "activation", "dropout", "initialisation", *TRAINING_AXES),
)

#: Plain networks are called this beside others.
_PLAIN_NETWORK = "mlp"
#: A file's name has at most 255 bytes; what writes it in one step adds some for a while.
LONGEST_NAME = 200
_DIGEST_LENGTH = 12


def parameters_of(canonical: dict, length: int, alike: dict[str, set[str]]) -> dict:
    """Return every parameter of a setting that applies, by the name of its column.

    alike: see `alike_arguments`.
    """
    if is_command(canonical):
        arguments = dict(canonical["optimizer"])
        first = {"optimizer": arguments.pop("name"), "learning_rate": arguments.pop("lr")}
        return {**first, unit_of(length): int(length), **arguments}
    complete = complete_configuration(canonical)
    optimizer = {**defaults(complete["optimizer"]["name"]), **complete["optimizer"]}
    parameters = {
        "optimizer": short_name(optimizer.pop("name")),
        "learning_rate": optimizer.pop("lr"),
    }
    model = complete["model"]
    parameters |= {
        "batch_size": complete["batch_size"],
        unit_of(length): int(length),
        "loss": part_text(complete["loss"]),
    }
    plain = is_plain(model)
    if plain:
        parameters["hidden"] = "-".join(map(str, model["hidden"])) or "none"
    else:
        if "arguments" in model:
            arguments = model["arguments"].items()
            unlike = {k: v for k, v in arguments if k not in alike[model["name"]]}
            model = {"name": model["name"], **unlike}
        parameters["network"] = part_text(model)
    if plain and model["hidden"]:
        parameters |= {"activation": model["activation"], "dropout": model["dropout"]}
    parameters |= {key: part_text(canonical[key]) for key in TRAINING_AXES if key in canonical}
    if ":" not in model["name"] and "initialisation" in model:
        parameters["initialisation"] = model["initialisation"]
    said = grouping(optimizer)
    groups = {key: text_of_groups(key, value) for key, value in said.items()}
    return parameters | {
        key: value if isinstance(value, int | float) else compact(value)
        for key, value in {**optimizer, **groups}.items()
    }


def part_text(part: str | float | dict) -> Any:
    """Return such as "Wide-width3" for a part with arguments; numbers as they are."""
    if isinstance(part, int | float):
        return part
    if isinstance(part, str):
        return short_name(part)
    name = part.get("name", "")
    arguments = [
        f"{key}{compact(length_text(value))}"
        for key, value in sorted(part.items())  # jobs read a study with its keys in another order
        if key not in ("name", "initialisation") or (":" in name and key != "name")
    ]
    return "-".join([*([short_name(name)] if name else []), *arguments])


def schedule_text(schedule: str | dict) -> str:
    """Return such as "cosine, floor 0.1, warmup 0.05"."""
    if isinstance(schedule, str):
        return short_name(schedule)
    given = [
        f"{key} {compact(length_text(value))}"
        for key, value in sorted(schedule.items())
        if key != "name"
    ]
    return ", ".join([short_name(schedule["name"]), *given])


def length_text(value: Any) -> Any:
    """Return "3epochs" for {"epochs": 3}, a length of a schedule; all else as it is."""
    if isinstance(value, list):
        return [length_text(each) for each in value]
    if isinstance(value, dict) and value.keys() == {"epochs"}:
        return f"{compact(value['epochs'])}epochs"
    return value


def alike_arguments(models: Sequence[dict]) -> dict[str, set[str]]:
    """Return by the name of an own network with `arguments` those that all of its settings share.

    All of its arguments are written down, most of which are what they are by default.
    """
    values: dict[str, dict[str, set[str]]] = {}
    for model in models:
        if "arguments" in model:
            of_name = values.setdefault(model["name"], {})
            for key, value in model["arguments"].items():
                of_name.setdefault(key, set()).add(canonical_json(value))
    return {
        name: {key for key, found in of_name.items() if len(found) == 1}
        for name, of_name in values.items()
    }


def complete_parameters(settings: list[dict]) -> None:
    """Say of every setting what goes without saying of most studies, where one of them says it.

    Those are the kind of network where not all are plain, how the weights begin, and keys of
    training at their usual values.
    """
    unsaid = {"network": _PLAIN_NETWORK, "initialisation": "default", **USUAL}
    for name, usual in unsaid.items():
        if any(name in parameters for parameters in settings):
            for parameters in settings:
                parameters.setdefault(name, usual)
    for key, value in USUAL_GROUPS.items():
        saying = {each["optimizer"] for each in settings if key in each}
        for parameters in settings:
            if parameters["optimizer"] in saying:
                parameters.setdefault(key, value or "none")


def varying_parameters(settings: list[dict]) -> tuple[str, ...]:
    """Return names of the parameters that differ between settings, in the order of the columns."""
    names = dict.fromkeys(itertools.chain(COMMON_PARAMETERS, *settings))
    arguments = sorted(set(names) - set(COMMON_PARAMETERS) - {"optimizer", "learning_rate"})
    columns = []
    for name in [*arguments, *COMMON_PARAMETERS]:
        # An argument that only some optimizers have varies only if its values differ among those;
        # the same argument of another optimizer has another default, so it's compared within one.
        by_optimizer: dict[str | None, set[str]] = {}
        for parameters in settings:
            if name in parameters:
                optimizer = parameters["optimizer"] if name in arguments else None
                by_optimizer.setdefault(optimizer, set()).add(canonical_json(parameters[name]))
        if any(len(values) > 1 for values in by_optimizer.values()):
            columns.append(name)
    return tuple(columns)


def most_common(names: Iterable[str], settings: list[dict]) -> dict:
    """Return the value that most settings have, by parameter; names of settings omit it."""
    base = {}
    for name in names:
        if name in COMMON_PARAMETERS:
            values = Counter(parameters[name] for parameters in settings if name in parameters)
            base[name] = values.most_common(1)[0][0]
    return base


def shown_numbers(settings: list[dict]) -> dict[str, dict[float, float]]:
    """Return by parameter its numbers, rounded as far as they stay apart, by the exact ones."""
    numbers: dict[str, list[float]] = {}
    for name, value in itertools.chain.from_iterable(each.items() for each in settings):
        if isinstance(value, float):
            numbers.setdefault(name, []).append(value)
    return {name: rounded(values) for name, values in numbers.items()}


def setting_name(
    parameters: dict,
    varying: Iterable[str],
    base: dict,
    shown: dict[str, dict[float, float]],
    own: dict,
) -> str:
    """Return such as "sgd-lr0.07-momentum0.9", without common values and defaults.

    shown: see `shown_numbers`; without it in a name, a logarithmic grid would be unreadable.
    own: the optimizer's defaults.
    """
    rate = parameters["learning_rate"]
    parts = [parameters["optimizer"]]
    if not math.isnan(rate):  # which a run from elsewhere need not say
        parts.append(f"lr{compact(shown['learning_rate'].get(rate, rate))}")
    for name in varying:
        if name not in parameters:
            continue
        usual = base[name] if name in base else compact(own.get(name, ""))
        if parameters[name] != usual and compact(parameters[name]) != compact(usual):
            value = parameters[name]
            if isinstance(value, float):
                value = shown[name][value]
            parts.append(f"{name}{compact(value)}")
    return file_name_of("-".join(parts))


def file_name_of(name: str) -> str:
    """Return a name that serves for a file: what it loses by that, a digest at its end replaces."""
    safe = safe_in_names(name)
    if safe == name and len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{safe[: LONGEST_NAME - _DIGEST_LENGTH - 1]}-{digest}"


def sort_key(parameters: dict) -> tuple:
    """Return what sorts by optimizer, then by the other parameters, the learning rate rising."""
    rest = {key: value for key, value in parameters.items() if key != "learning_rate"}
    values = [
        (key, 0, value, "") if isinstance(value, int | float) else (key, 1, 0, str(value))
        for key, value in sorted(rest.items())
    ]
    return (parameters["optimizer"], values, parameters["learning_rate"])
