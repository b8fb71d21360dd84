"""From a study to its runs: the product of its axes, each setting once per seed."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.errors import UserError
from lr_atlas.common.lengths import Steps, length_name, unit_of
from lr_atlas.config.budgets import LrRule
from lr_atlas.config.metric_models import name_of
from lr_atlas.config.network_models import Network, NetworkAxes
from lr_atlas.config.study_models import OptimizerEntry, Study, arguments_of
from lr_atlas.config.torch_optimizers import defaults, torch_optimizers
from lr_atlas.studies.data_axes import Variants, add_data_arguments
from lr_atlas.studies.parameters import (
    alike_arguments,
    complete_parameters,
    most_common,
    parameters_of,
    setting_name,
    shown_numbers,
    sort_key,
    varying_parameters,
)
from lr_atlas.studies.run_identity import canonical_configuration, run_name, text_of_groups
from lr_atlas.studies.run_lengths import lengths_of
from lr_atlas.studies.schedules import with_horizon
from lr_atlas.training.configuration import (
    DEFAULTS,
    TRAINING_AXES,
    USUAL,
    USUAL_GROUPS,
    grouping,
    without_usual_groups,
)
from lr_atlas.training.course import is_by_steps
from lr_atlas.training.form import CLASSIFICATION, REGRESSION
from lr_atlas.training.metric import DEFAULT_METRICS
from lr_atlas.training.parts import short_name

#: The loss of numbers that are to be predicted, where a study names none.
REGRESSION_LOSS = "mse"

#: Names of settings with default arguments begin with it, where these are not in the grid.
DEFAULTS_PREFIX = "defaults-"

_FIRST_FRESH_SEED = 1_000_000


class GridError(UserError):
    """A combination of values in a study that cannot be trained."""


@dataclass(frozen=True)
class Run:
    """A setting with a seed, trained for a number of epochs or steps."""

    name: str  # the run's folder, from its identity
    configuration: dict  # canonical, see run_identity
    epochs: int  # or lengths.Steps
    seed: int
    setting: str  # unique in the study, safe in file names
    parameters: dict  # "optimizer", "learning_rate" and all else that applies: plain values

    @property
    def folder(self) -> str:
        """Return the path of its folder within that of all runs."""
        return f"{self.name}/{length_name(self.epochs)}"


@dataclass(frozen=True)
class Plan:
    """The runs of a study, in the canonical order: by setting, then by seed."""

    study: str
    runs: tuple[Run, ...]
    varying: tuple[str, ...]  # parameters that differ between settings, learning rate left out
    #: Every setting with the fresh seeds: only those of the settings that are chosen are trained.
    confirmations: tuple[Run, ...] = ()
    #: The runs with all default arguments, where the study asks for them; some may be in the grid.
    defaults: tuple[Run, ...] = ()

    @property
    def asked(self) -> tuple[Run, ...]:
        """Return what is trained whatever is chosen: the grid, then default arguments beside it."""
        settings = set(self.settings)
        return (*self.runs, *(run for run in self.defaults if run.setting not in settings))

    @property
    def unit(self) -> str:
        """Return what the lengths of its runs are in: "epochs" or "steps"."""
        return unit_of(self.runs[0].epochs)

    @property
    def is_by_steps(self) -> bool:
        """Return whether the rows of its runs stand at steps, not each at the end of an epoch."""
        return is_by_steps(self.runs[0].configuration)

    @property
    def settings(self) -> list[str]:
        """Return the names of the settings, in order, each once."""
        return list(dict.fromkeys(run.setting for run in self.runs))

    def fixed_arguments(self) -> dict[str, dict]:
        """Return arguments that were set and do not vary: {optimizer: {argument: value}}."""
        fixed = {}
        for run in self.runs:
            optimizer = run.configuration["optimizer"]
            said = {key: text_of_groups(key, value) for key, value in grouping(optimizer).items()}
            fixed[short_name(optimizer["name"])] = {
                key: value
                for key, value in {**optimizer, **said}.items()
                if key not in ("name", "lr", *self.varying)
            }
        return {name: arguments for name, arguments in fixed.items() if arguments}


def plan_study(
    name: str,
    study: Study,
    data_digest: str | None,
    threads: int,
    task: str = CLASSIFICATION,
    *,
    variants: Variants | None = None,
) -> Plan:
    """Return all runs of a study.

    data_digest: None for the canonical data set; of a program, that of its inputs.
    threads: compute threads of each run. task: of the data set. variants: those of the data, which
    take the place of data_digest, see data_axes. Raises GridError.
    """
    program = study.program
    common = {
        "dataset": study.dataset,
        "validation": study.validation,
        # It tells nothing unless images are drawn.
        "split_seed": study.split_seed or None if isinstance(study.validation, int) else None,
        "training_images": None if study.training_images == "all" else study.training_images,
        "pixels": study.pixels,
        "transforms": study.transforms or None,
        "threads": threads,
        **({"command": program.words, "inputs": program.inputs} if program else {}),
        "metric": _measured_besides(study),
        "evaluate": study.evaluate.plain() if study.evaluate else None,
        "dynamics": sorted({*study.dynamics}) or None,
    }
    by_identity, of_defaults = {}, {}
    for entry in study.optimizers:
        usual = {} if program else defaults(entry.name)
        combinations = _combinations(study, entry, usual_loss(study, task))
        for digest, (full, epochs) in itertools.product(variants or [data_digest], combinations):
            full = with_horizon({**full, "data_digest": digest}, epochs)
            canonical = canonical_configuration({**common, **full}, usual)
            key = canonical_json([canonical, epochs])
            by_identity[key] = (canonical, epochs)
            if study.defaults and "lr" in usual:
                # One for all that differ in the optimizer's own arguments alone.
                full = {**full, "optimizer": _default_arguments(entry)}
                canonical = canonical_configuration({**common, **full}, usual)
                of_defaults[canonical_json([canonical, epochs])] = (canonical, epochs)
    alike = alike_arguments([canonical.get("model", {}) for canonical, _ in by_identity.values()])
    settings = [(*each, parameters_of(*each, alike)) for each in by_identity.values()]
    complete_parameters([parameters for *_, parameters in settings])
    add_data_arguments(settings, variants)
    found = sorted(settings, key=lambda item: sort_key(item[2]))
    varying = varying_parameters([parameters for _, _, parameters in found])
    base = most_common(varying, [parameters for _, _, parameters in found])
    shown = shown_numbers([parameters for _, _, parameters in found])
    runs: list[Run] = []
    confirmations: list[Run] = []
    called: dict[str, dict] = {}
    for canonical, epochs, parameters in found:
        own = {} if program else usual_arguments(parameters["optimizer"])
        setting = setting_name(parameters, varying, base, shown, own)
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
    plan = Plan(name, tuple(runs), varying, tuple(confirmations))
    return replace(plan, defaults=_default_runs(plan, of_defaults, study, alike, variants))


def _default_runs(
    plan: Plan,
    of_defaults: dict,
    study: Study,
    alike: dict[str, set[str]],
    variants: Variants | None,
) -> tuple[Run, ...]:
    """Return the runs with default arguments; one that is in the grid is the same run.

    of_defaults: {identity: (canonical configuration, epochs)}. alike: see `alike_arguments`.
    variants: of the data.
    """
    in_grid = {(run.name, run.epochs): run for run in plan.runs}
    found = [
        (canonical, epochs, parameters_of(canonical, epochs, alike))
        for canonical, epochs in of_defaults.values()
    ]
    complete_parameters([*(run.parameters for run in plan.runs), *(each[2] for each in found)])
    add_data_arguments(found, variants)
    base = most_common(plan.varying, [run.parameters for run in plan.runs])
    shown = shown_numbers([parameters for *_, parameters in found])
    runs = []
    for canonical, epochs, parameters in sorted(found, key=lambda item: sort_key(item[2])):
        own = usual_arguments(parameters["optimizer"])
        setting = DEFAULTS_PREFIX + setting_name(parameters, plan.varying, base, shown, own)
        for seed in sorted(study.seeds):
            configuration = {**canonical, "seed": seed}
            name = run_name(configuration)
            run = Run(name, configuration, epochs, seed, setting, parameters)
            runs.append(in_grid.get((name, epochs), run))
    return tuple(runs)


def _default_arguments(entry: OptimizerEntry) -> dict[str, Any]:
    """Return an entry's optimizer with default arguments, and likewise the one of its rest."""
    found = {"name": entry.name, **defaults(entry.name)}
    rests = [grouping({"rest": each}).get("rest") for each in arguments_of(entry).get("rest", ())]
    rest = next(filter(None, rests), None)
    if rest:
        usual = defaults(rest["name"])
        found["rest"] = {"name": rest["name"], "lr": usual["lr"]} if "lr" in usual else rest
    return found


def usual_arguments(optimizer: str) -> dict[str, Any]:
    """Return what need not be said of an optimizer in names of settings."""
    return {**{key: value or "none" for key, value in USUAL_GROUPS.items()}, **defaults(optimizer)}


def _measured_besides(study: Study) -> str | None:
    """Return the metric that a study's runs measure besides those that they always do."""
    name = name_of(study.metric) if study.metric else None
    # A program is asked for its metric alone.
    always = ("accuracy",) if study.program else ("loss", *DEFAULT_METRICS.values())
    return None if name in always else name


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
    axes += [entry.loss, entry.batch_size, entry.epochs or entry.steps]
    axes += [*training_axes(study, entry).values()]
    networks = study.model.count
    if entry.model is not None:
        networks = sum(override.count for override in entry.model)
    return networks * math.prod(len(axis or [None]) for axis in axes)


def usual_loss(study: Study, task: str) -> str | dict:
    """Return the loss of a study's runs, unless an entry names another."""
    is_usual = study.loss == DEFAULTS["loss"]
    return REGRESSION_LOSS if task == REGRESSION and is_usual else study.loss


def _combinations(
    study: Study, entry: OptimizerEntry, loss_of_study: str | dict
) -> Iterator[tuple[dict, int]]:
    """Yield every (configuration without seed, epochs or Steps) of one entry."""
    arguments, rule = arguments_of(entry), entry.lr_rule or study.lr_rule
    networks, axes = _networks(study, entry), training_axes(study, entry)
    for values in itertools.product(*arguments.values()):
        given = dict(zip(arguments, map(_as_list, values), strict=True))
        optimizer = {"name": entry.name, **without_usual_groups(given)}
        if not study.program:  # whose arguments mean what they mean to it
            _check_optimizer(optimizer)
            rest = grouping(optimizer).get("rest")
            _check_optimizer({**defaults(rest["name"]), **rest} if rest else {})
        for network, loss, batch_size, length, *training in itertools.product(
            networks,
            entry.loss or [loss_of_study],
            entry.batch_size or [study.batch_size],
            lengths_of(study, entry),
            *axes.values(),
        ):
            full = {
                "optimizer": _for_batch(optimizer, rule, batch_size, study.batch_size),
                "model": network,
                "loss": loss,
                "batch_size": batch_size,
                "budget": unit_of(length) if isinstance(length, Steps) else None,
                **dict(zip(axes, training, strict=True)),
            }
            _check_accumulation(full)
            yield full, length


def _for_batch(optimizer: dict, rule: LrRule | None, batch_size: int, usual: int) -> dict:
    """Return an optimizer with the lr that it is trained with at a batch size."""
    if rule is None:
        return optimizer
    factor = rule.factor(batch_size, usual)
    rest = optimizer.get("rest")
    of_rest = {"rest": {**rest, "lr": rest["lr"] * factor}} if rest and "lr" in rest else {}
    return {**optimizer, "lr": optimizer["lr"] * factor, **of_rest}


def training_axes(study: Study, entry: OptimizerEntry) -> dict[str, list]:
    """Return the values of each of TRAINING_AXES in the settings of one entry.

    A program has none of them.
    """
    if study.program:
        return {}
    return {
        key: getattr(entry, key) or getattr(study, key) or [USUAL[key]] for key in TRAINING_AXES
    }


def _networks(study: Study, entry: OptimizerEntry) -> list[dict]:
    """Return the study's networks, or all that an entry's overrides make of them.

    Raises GridError for changes to a network that is no plain one.
    """
    if entry.model is None:
        return study.model.networks()
    networks: list[dict] = []
    for override in entry.model:
        if not isinstance(override, NetworkAxes):
            networks += override.networks()
        elif isinstance(study.model, Network):
            networks += override.networks(study.model)
        elif override.name:
            networks += override.networks(Network())
        else:
            raise GridError(
                f"the study's network is {study.model.name}; in an entry name the whole network, "
                f"as in {_example(study)}"
            )
    return networks


def _example(study: Study) -> str:
    key = "python" if hasattr(study.model, "python") else "name"
    return f"model: {{{key}: {study.model.name}, …}}"


def _check_optimizer(optimizer: dict) -> None:
    """Raise GridError for arguments that torch's constructors refuse together."""
    if (
        optimizer.get("nesterov")
        and "dampening" in optimizer
        and not (optimizer["momentum"] > 0 and optimizer["dampening"] == 0)
    ):
        raise GridError(
            f"{optimizer['name']} with nesterov: true needs momentum above 0 and dampening 0; "
            f"found momentum {optimizer['momentum']:g}, dampening {optimizer['dampening']:g}. "
            "Put the settings with nesterov into an entry of their own"
        )

    if optimizer.get("fused") and optimizer.get("foreach"):
        raise GridError(f"{optimizer['name']} cannot be both fused and foreach; set one of them")


def _check_accumulation(full: dict) -> None:
    """Raise GridError where the gradients of a step of several batches are asked for twice."""
    if full.get("accumulate", 1) == 1:
        return
    name = full["optimizer"]["name"]
    looks_again = torch_optimizers().get(name, {}).get("needs_closure")
    if looks_again or full["sharpness_aware"] != USUAL["sharpness_aware"]:
        what = name if looks_again else "sharpness_aware"
        raise GridError(
            f"{what} takes the gradients of a step more than once, which steps of several batches "
            "(accumulate) keep for none of them; use a larger batch_size"
        )


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
