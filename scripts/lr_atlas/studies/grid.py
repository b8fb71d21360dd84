"""From a study to its runs: the product of its axes, each setting once per seed."""

import itertools
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.lengths import length_name, unit_of
from lr_atlas.config.metric_models import name_of
from lr_atlas.config.study_models import Study
from lr_atlas.config.torch_optimizers import defaults
from lr_atlas.studies.combinations import (
    GridError,
    combinations,
    default_arguments,
    usual_loss,
)
from lr_atlas.studies.data_axes import Variants, add_data_arguments
from lr_atlas.studies.fresh_seeds import (
    confirmation_seeds,
    varied_configurations,
)
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
from lr_atlas.studies.schedules import with_horizon
from lr_atlas.training.configuration import (
    USUAL_GROUPS,
    grouping,
)
from lr_atlas.training.course import is_by_steps
from lr_atlas.training.form import CLASSIFICATION
from lr_atlas.training.metric import DEFAULT_METRICS
from lr_atlas.training.parts import short_name
from lr_atlas.training.steps.precisions import FLOAT32, PRECISION

#: The loss of numbers that are to be predicted, where a study names none.
REGRESSION_LOSS = "mse"

#: Names of settings with default arguments begin with it, where these are not in the grid.
DEFAULTS_PREFIX = "defaults-"
#: In the configuration of a run from elsewhere: the digest of the files that it comes from.
ELSEWHERE = "elsewhere"


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
    def is_from_elsewhere(self) -> bool:
        """Return whether it was trained elsewhere, so that nothing of it is made here."""
        return ELSEWHERE in self.configuration

    @property
    def folder(self) -> str:
        """Return the path of its folder within that of all runs."""
        return f"{self.name}/{length_name(self.epochs)}"


class VariedRun(NamedTuple):
    """A run that differs from that of fresh_seeds.ALL with its seed in one source of chance."""

    source: str
    run: Run


@dataclass(frozen=True)
class Plan:
    """The runs of a study, in the canonical order: by setting, then by seed."""

    study: str
    runs: tuple[Run, ...]
    varying: tuple[str, ...]  # parameters that differ between settings, learning rate left out
    #: Every setting with the fresh seeds: only those of the settings that are chosen are trained.
    confirmations: tuple[Run, ...] = ()
    #: Likewise those that vary one source of chance, and those that they differ from.
    variance: tuple[VariedRun, ...] = ()
    #: The runs with all default arguments, where the study asks for them; some may be in the grid.
    defaults: tuple[Run, ...] = ()

    @property
    def trained(self) -> tuple[Run, ...]:
        """Return the runs of the grid; beside them a study may have some from elsewhere."""
        return tuple(run for run in self.runs if not run.is_from_elsewhere)

    @property
    def asked(self) -> tuple[Run, ...]:
        """Return what is trained whatever is chosen: the grid, then default arguments beside it."""
        settings = set(self.settings)
        return (*self.trained, *(run for run in self.defaults if run.setting not in settings))

    @cached_property
    def of_chosen(self) -> tuple[Run, ...]:
        """Return the runs of which only those of chosen settings are trained, each once."""
        runs = (*self.confirmations, *(varied.run for varied in self.variance))
        return tuple({(run.name, run.epochs): run for run in runs}.values())

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
        for run in self.trained:
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
    precision: str = FLOAT32,
) -> Plan:
    """Return all runs of a study.

    data_digest: None for the canonical data set; of a program, that of its inputs.
    threads: compute threads of each run. task: of the data set. variants: those of the data, which
    take the place of data_digest, see data_axes. precision: of each run; a program has its own.
    Raises GridError.
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
        PRECISION: None if program or precision == FLOAT32 else precision,
        **({"command": program.words, "inputs": program.inputs} if program else {}),
        "metric": _measured_besides(study),
        "evaluate": study.evaluate.plain() if study.evaluate else None,
        "dynamics": sorted({*study.dynamics}) or None,
    }
    by_identity, of_defaults = {}, {}
    for entry in study.optimizers:
        usual = {} if program else defaults(entry.name)
        product = combinations(study, entry, usual_loss(study, task))
        for digest, (full, epochs) in itertools.product(variants or [data_digest], product):
            full = with_horizon({**full, "data_digest": digest}, epochs)
            canonical = canonical_configuration({**common, **full}, usual)
            key = canonical_json([canonical, epochs])
            by_identity[key] = (canonical, epochs)
            if study.defaults and "lr" in usual:
                # One for all that differ in the optimizer's own arguments alone.
                full = {**full, "optimizer": default_arguments(entry)}
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
    variance: list[VariedRun] = []
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
        for source, configuration in varied_configurations(canonical, study):
            seed, name_of_run = configuration["seed"], run_name(configuration)
            run = Run(name_of_run, configuration, epochs, seed, setting, parameters)
            variance.append(VariedRun(source, run))
    plan = Plan(name, tuple(runs), varying, tuple(confirmations), tuple(variance))
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


def usual_arguments(optimizer: str) -> dict[str, Any]:
    """Return what need not be said of an optimizer in names of settings."""
    return {**{key: value or "none" for key, value in USUAL_GROUPS.items()}, **defaults(optimizer)}


def _measured_besides(study: Study) -> str | None:
    """Return the metric that a study's runs measure besides those that they always do."""
    name = name_of(study.metric) if study.metric else None
    # A program is asked for its metric alone.
    always = ("accuracy",) if study.program else ("loss", *DEFAULT_METRICS.values())
    return None if name in always else name
