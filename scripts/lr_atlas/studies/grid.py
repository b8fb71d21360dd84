"""From a study to its runs: the product of its axes, each setting once per seed."""

import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.errors import UserError
from lr_atlas.common.rounding import compact, rounded
from lr_atlas.config.optimizer_table import defaults
from lr_atlas.config.own_parts import OwnNetwork
from lr_atlas.config.study_models import (
    Network,
    NetworkAxes,
    OptimizerEntry,
    Study,
    arguments_of,
)
from lr_atlas.studies.run_identity import canonical_configuration, run_name
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.parts import short_name

#: The order of the parameter columns in the tables, after optimizer and learning rate and before
#: the optimizers' own arguments.
COMMON_PARAMETERS = (
    *("batch_size", "epochs", "loss", "network"),
    *("hidden", "activation", "dropout"),
)

_FIRST_FRESH_SEED = 1_000_000
#: A file's name has at most 255 bytes; what writes it in one step adds some for a while.
LONGEST_NAME = 200
_DIGEST_LENGTH = 12


class GridError(UserError):
    """A combination of values in a study that cannot be trained."""


@dataclass(frozen=True)
class Run:
    """A setting with a seed, trained for a number of epochs."""

    name: str  # the run's folder, from its identity
    configuration: dict  # canonical, see run_identity
    epochs: int
    seed: int
    setting: str  # unique in the study, safe in file names
    parameters: dict  # "optimizer", "learning_rate" and all else that applies: plain values


@dataclass(frozen=True)
class Plan:
    """The runs of a study, in the canonical order: by setting, then by seed."""

    study: str
    runs: tuple[Run, ...]
    varying: tuple[str, ...]  # parameters that differ between settings, learning rate left out
    #: Every setting with the fresh seeds: only those of the settings that are chosen are trained.
    confirmations: tuple[Run, ...] = ()

    @property
    def settings(self) -> list[str]:
        """Return the names of the settings, in order, each once."""
        return list(dict.fromkeys(run.setting for run in self.runs))

    def fixed_arguments(self) -> dict[str, dict]:
        """Return arguments that were set and do not vary: {optimizer: {argument: value}}."""
        fixed = {}
        for run in self.runs:
            optimizer = run.configuration["optimizer"]
            fixed[short_name(optimizer["name"])] = {
                key: value
                for key, value in optimizer.items()
                if key not in ("name", "lr", *self.varying)
            }
        return {name: arguments for name, arguments in fixed.items() if arguments}


def plan_study(name: str, study: Study, data_digest: str | None, threads: int) -> Plan:
    """Return all runs of a study.

    data_digest: None for the canonical data set.
    threads: compute threads of each run. Raises GridError.
    """
    common = {
        "dataset": study.dataset,
        "data_digest": data_digest,
        "validation": study.validation,
        "training_images": None if study.training_images == "all" else study.training_images,
        "pixels": study.pixels,
        "schedule": study.schedule,
        "threads": threads,
    }
    by_identity = {}
    for entry in study.optimizers:
        for full, epochs in _combinations(study, entry):
            canonical = canonical_configuration({**common, **full}, defaults(entry.name))
            key = canonical_json([canonical, epochs])
            by_identity[key] = (canonical, epochs, _parameters(canonical, epochs))
    found = sorted(by_identity.values(), key=lambda item: _sort_key(item[2]))
    varying = _varying([parameters for _, _, parameters in found])
    base = _most_common(varying, [parameters for _, _, parameters in found])
    shown = _shown([parameters for _, _, parameters in found])
    runs: list[Run] = []
    confirmations: list[Run] = []
    called: dict[str, dict] = {}
    for canonical, epochs, parameters in found:
        setting = _setting_name(parameters, varying, base, shown)
        other = called.setdefault(setting, canonical)
        if other is not canonical:
            raise GridError(
                f"two settings would both be called {setting}: give things of your own that are "
                "used in one study names of their own"
            )
        for seeds, members in (
            (sorted(study.seeds), runs),
            (confirmation_seeds(study), confirmations),
        ):
            for seed in seeds:
                configuration = {**canonical, "seed": seed}
                name_of_run = run_name(configuration)
                members.append(Run(name_of_run, configuration, epochs, seed, setting, parameters))
    return Plan(name, tuple(runs), varying, tuple(confirmations))


def confirmation_seeds(study: Study) -> list[int]:
    """Return the seeds that confirm settings, none of those that these were chosen by.

    Far from the seeds that a study counts from 0, so that more of those change nothing here.
    """
    fresh = (seed for seed in itertools.count(_FIRST_FRESH_SEED) if seed not in study.seeds)
    return list(itertools.islice(fresh, study.confirm))


def runs_asked_for(study: Study) -> int:
    """Return how many runs a study's grid multiplies out to, at most, without making them."""
    settings = sum(_settings_count(study, entry) for entry in study.optimizers)
    return settings * max(len(study.seeds), study.confirm)


def _settings_count(study: Study, entry: OptimizerEntry) -> int:
    axes: list[list | None] = [*arguments_of(entry).values()]
    axes += [entry.loss, entry.batch_size, entry.epochs]
    networks = sum(
        1
        if isinstance(override, OwnNetwork)
        else math.prod(len(axis or [None]) for axis in override.model_dump().values())
        for override in entry.model or [NetworkAxes()]
    )
    return networks * math.prod(len(axis or [None]) for axis in axes)


def _combinations(study: Study, entry: OptimizerEntry) -> Iterator[tuple[dict, int]]:
    """Yield every (configuration without seed, epochs) of one entry."""
    arguments = arguments_of(entry)
    networks = _networks(study.model, entry.model)
    for values in itertools.product(*arguments.values()):
        optimizer = {"name": entry.name, **dict(zip(arguments, map(_as_list, values), strict=True))}
        _check_optimizer(optimizer)
        for network, loss, batch_size, epochs in itertools.product(
            networks,
            entry.loss or [study.loss],
            entry.batch_size or [study.batch_size],
            entry.epochs or [study.epochs],
        ):
            full = {
                "optimizer": optimizer,
                "model": network,
                "loss": loss,
                "batch_size": batch_size,
            }
            yield full, epochs


def _networks(
    model: Network | OwnNetwork, overrides: list[NetworkAxes | OwnNetwork] | None
) -> list[dict]:
    """Return the study's network, or all that an entry's overrides make of it.

    Raises GridError for changes to a network of one's own.
    """
    networks = []
    some: Sequence[NetworkAxes | OwnNetwork | None] = overrides or [None]
    for override in some:
        if isinstance(override, OwnNetwork):
            networks.append(override.model_dump())
            continue
        axes = {key: [value] for key, value in model.model_dump().items()}
        if override is not None:
            if isinstance(model, OwnNetwork):
                raise GridError(
                    f"the study's network is {model.name}; in an entry name the whole network, as "
                    f"in model: {{name: {model.name}, …}}"
                )
            axes |= {key: value for key, value in override.model_dump().items() if value}
        networks += [
            dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())
        ]
    return networks


def _check_optimizer(optimizer: dict) -> None:
    """Raise GridError for arguments that torch's constructors refuse together."""
    if optimizer.get("nesterov") and not (
        optimizer["momentum"] > 0 and optimizer["dampening"] == 0
    ):
        raise GridError(
            f"{optimizer['name']} with nesterov: true needs momentum above 0 and dampening 0; "
            f"found momentum {optimizer['momentum']:g}, dampening {optimizer['dampening']:g}. "
            "Put the settings with nesterov into an entry of their own"
        )

    if optimizer.get("fused") and optimizer.get("foreach"):
        raise GridError(f"{optimizer['name']} cannot be both fused and foreach; set one of them")


def _parameters(canonical: dict, epochs: int) -> dict:
    """Return every parameter of a setting that applies, by the name of its column."""
    complete = complete_configuration(canonical)
    optimizer = {**defaults(complete["optimizer"]["name"]), **complete["optimizer"]}
    parameters = {
        "optimizer": short_name(optimizer.pop("name")),
        "learning_rate": optimizer.pop("lr"),
    }
    model = complete["model"]
    parameters |= {
        "batch_size": complete["batch_size"],
        "epochs": epochs,
        "loss": short_name(complete["loss"]),
    }
    if "hidden" not in model:
        parameters["network"] = _network_text(model)
    else:
        parameters["hidden"] = "-".join(map(str, model["hidden"])) or "none"
    if model.get("hidden"):
        parameters |= {"activation": model["activation"], "dropout": model["dropout"]}
    return parameters | {
        key: value if isinstance(value, int | float) else compact(value)
        for key, value in optimizer.items()
    }


def _network_text(model: dict) -> str:
    """Return such as "Wide-width3" for a network of one's own."""
    arguments = [f"{key}{compact(value)}" for key, value in model.items() if key != "name"]
    return "-".join([short_name(model["name"]), *arguments])


def _varying(settings: list[dict]) -> tuple[str, ...]:
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


def _most_common(names: Iterable[str], settings: list[dict]) -> dict:
    """Return the value that most settings have, by parameter; names of settings omit it."""
    base = {}
    for name in names:
        if name in COMMON_PARAMETERS:
            values = Counter(parameters[name] for parameters in settings if name in parameters)
            base[name] = values.most_common(1)[0][0]
    return base


def _shown(settings: list[dict]) -> dict[str, dict[float, float]]:
    """Return by parameter its numbers, rounded as far as they stay apart, by the exact ones."""
    numbers: dict[str, list[float]] = {}
    for name, value in itertools.chain.from_iterable(each.items() for each in settings):
        if isinstance(value, float):
            numbers.setdefault(name, []).append(value)
    return {name: rounded(values) for name, values in numbers.items()}


def _setting_name(
    parameters: dict, varying: Iterable[str], base: dict, shown: dict[str, dict[float, float]]
) -> str:
    """Return such as "sgd-lr0.07-momentum0.9", without common values and defaults.

    shown: see `_shown`; without it in a name, a logarithmic grid would be unreadable.
    """
    own = defaults(parameters["optimizer"])
    rate = parameters["learning_rate"]
    parts = [parameters["optimizer"], f"lr{compact(shown['learning_rate'].get(rate, rate))}"]
    for name in varying:
        if name not in parameters:
            continue
        usual = base[name] if name in base else compact(own.get(name, ""))
        if parameters[name] != usual and compact(parameters[name]) != compact(usual):
            value = parameters[name]
            if isinstance(value, float):
                value = shown[name][value]
            parts.append(f"{name}{compact(value)}")
    return _shortened("-".join(parts))


def _shortened(name: str) -> str:
    """Return a name that serves for a file: the rest of a long one is a digest."""
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: LONGEST_NAME - _DIGEST_LENGTH - 1]}-{digest}"


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _sort_key(parameters: dict) -> tuple:
    """Return what sorts by optimizer, then by the other parameters, the learning rate rising."""
    rest = {key: value for key, value in parameters.items() if key != "learning_rate"}
    values = [
        (key, 0, value, "") if isinstance(value, int | float) else (key, 1, 0, str(value))
        for key, value in sorted(rest.items())
    ]
    return (parameters["optimizer"], values, parameters["learning_rate"])
