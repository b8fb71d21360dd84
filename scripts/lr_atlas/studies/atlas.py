"""The content of a configuration: its studies, their runs, and the data that they need."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.config.config_file import ConfigFile, load_configuration
from lr_atlas.config.config_messages import Problems
from lr_atlas.config.config_text import read_text
from lr_atlas.config.configuration import Configuration
from lr_atlas.config.own_data_models import COMMAND, IMPORTED
from lr_atlas.config.study_models import Study
from lr_atlas.config.torch_optimizers import tell_optimizers
from lr_atlas.data.image_counts import image_counts, number_held_out
from lr_atlas.data.input_files import InputError, inputs_digest
from lr_atlas.studies.combinations import GridError
from lr_atlas.studies.data_source import DataSource, find_data
from lr_atlas.studies.elsewhere import Elsewhere, with_elsewhere
from lr_atlas.studies.elsewhere_checks import check_elsewhere
from lr_atlas.studies.fresh_seeds import check_variance
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.studies.grid import Plan, Run, plan_study
from lr_atlas.studies.named_optimizers import optimizers_of
from lr_atlas.studies.optimizer_checks import check_optimizers
from lr_atlas.studies.part_checks import check_parts
from lr_atlas.studies.run_identity import is_command
from lr_atlas.studies.schedule_checks import check_schedules
from lr_atlas.studies.score_checks import check_score
from lr_atlas.studies.study_checks import (
    check_cache,
    check_claims,
    check_metric,
    check_name,
    check_reference,
    check_size,
    check_study,
)
from lr_atlas.studies.study_metric import OF_PROGRAM, StudyMetric
from lr_atlas.studies.trunks import group_name
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.parts import count_own_files_from, own_files_folder

#: Stand for the data sets of studies whose runs are trained by others.
NO_DATA = {
    name: DataSource(name, None, "", True, 0, 0, form=Form((), 0, OF_PROGRAM))
    for name in (COMMAND, IMPORTED)
}


@dataclass(frozen=True)
class Atlas:
    """The studies with their runs and data, as plain values for the workflow."""

    configuration: Configuration
    data: dict[str, DataSource]
    plans: dict[str, Plan]
    #: The digest of the inputs of each program, by their names as JSON.
    inputs: dict[str, str] = field(default_factory=dict)
    #: By study, the runs that it takes from elsewhere.
    elsewhere: dict[str, Elsewhere] = field(default_factory=dict)

    def plan_of(self, name: str, study: Study) -> Plan:
        """Return the plan of another study of the data and threads of these. Raises GridError."""
        digest, compute = self.data_digest(study), self.configuration.compute
        data = self.data[study.dataset]
        variants = data.arguments_of_variants
        given = name, study, digest, compute.threads, data.task
        plan = plan_study(*given, variants=variants, precision=compute.precision)
        if name not in self.elsewhere:
            return plan
        return with_elsewhere(plan, study.dataset, self.elsewhere[name])

    def data_digest(self, study: Study) -> str | None:
        """Return the digest of a study's data, or of its program's inputs; None if published."""
        if study.program:
            return self.inputs[canonical_json(study.program.inputs)]
        source = self.data[study.dataset]
        return None if source.canonical else source.digest

    def metric_of(self, name: str) -> StudyMetric:
        """Return the metric of one of the studies."""
        study = self.configuration.studies[name]
        form = self.data[study.dataset].form._asdict()
        return study_metric(study, {"form": form, **self.said_elsewhere(name)})

    def said_elsewhere(self, name: str) -> dict[str, Any]:
        """Return what a study's runs from elsewhere say of themselves, if it has some."""
        found = self.elsewhere.get(name)
        return {"elsewhere": found.said()} if found else {}

    @property
    def stores(self) -> dict[str, DataSource]:
        """Return every data set by the name of its folder, each variant of a name for itself."""
        return {each.folder: each for data in self.data.values() for each in data.variants}

    @cached_property
    def runs(self) -> dict[tuple[str, int], Run]:
        """Return the runs of all studies by (name, epochs), one that studies share once."""
        return {(run.name, run.epochs): run for plan in self.plans.values() for run in plan.asked}

    @cached_property
    def possible_runs(self) -> dict[tuple[str, int], Run]:
        """Return `runs`, and those of a setting that are trained if it is chosen."""
        of_chosen = {
            (run.name, run.epochs): run for plan in self.plans.values() for run in plan.of_chosen
        }
        return of_chosen | self.runs

    @cached_property
    def lengths(self) -> dict[str, set[int]]:
        """Return for how many epochs each possible run may be asked for, by its name."""
        lengths: dict[str, set[int]] = {}
        for name, epochs in self.possible_runs:
            lengths.setdefault(name, set()).add(epochs)
        return lengths

    def image_files(self, run: Run, results: Path) -> list[Path]:
        """Return the images that a run is trained on, then those of its validation if others.

        None for a run of a program, which reads what it wants to.
        """
        if is_command(run.configuration):
            return []
        variants = self.data[run.configuration["dataset"]].variants
        digest = run.configuration.get("data_digest", variants[0].digest)
        (data,) = (each for each in variants if each.digest == digest)
        folder = results / "data" / data.folder
        on_test = run.configuration.get("validation") == "test"
        return [folder / f"{split}.npz" for split in ("train", "test")[: 1 + on_test]]

    def images_trained_on(self, run: Run) -> int:
        """Return how many images a run is trained on; 0 for a run of a program."""
        if is_command(run.configuration):
            return 0
        data = self.data[run.configuration["dataset"]]
        configuration = complete_configuration(run.configuration)
        return image_counts(
            *(configuration["validation"], configuration.get("training_images", "all")),
            *(data.training_images, data.test_images, data.held_out),
        ).training

    def checkpoint_directories(self, results: Path) -> list[Path]:
        """Return where jobs look for checkpoints, in order; they keep theirs in the first."""
        cache = self.configuration.cache.directory
        return [*([Path(cache)] if cache else []), results / "checkpoints"]

    @property
    def run_configurations(self) -> list[dict]:
        """Return the canonical configurations of all runs that may come to be trained."""
        return [run.configuration for run in self.possible_runs.values()]

    def snapshot(self) -> dict:
        """Return plain values, for JSON, that `atlas_from_snapshot` makes the same Atlas of."""
        return {
            "own_files": str(own_files_folder()),
            "optimizers": optimizers_of(self.configuration.studies.values()),
            "configuration": self.configuration.model_dump(mode="json", exclude_defaults=True),
            "data": {name: source.to_plain() for name, source in self.data.items()},
            "inputs": self.inputs,
            "elsewhere": {name: found.to_plain() for name, found in self.elsewhere.items()},
        }

    def longer_runs(self, name: str, epochs: int) -> int:
        """Return how many lengths above `epochs` the run `name` is asked for, or its trunk."""
        name = self._group_of[name]
        return sum(other > epochs for other in self.lengths_of_groups[name])

    @cached_property
    def lengths_of_groups(self) -> dict[str, set[int]]:
        """Return the lengths of the runs that go on from each other, by the name of the group.

        That is the name of a run, or of the trunk that runs of several budgets share.
        """
        lengths: dict[str, set[int]] = {}
        for name, epochs in self.possible_runs:
            lengths.setdefault(self._group_of[name], set()).add(epochs)
        return lengths

    @cached_property
    def trunks(self) -> dict[str, set[int]]:
        """Return the budgets of the possible runs of each trunk, by its name."""
        names = self.lengths.keys()
        return {name: each for name, each in self.lengths_of_groups.items() if name not in names}

    @cached_property
    def _group_of(self) -> dict[str, str]:
        return {run.name: group_name(run.configuration) for run in self.possible_runs.values()}


def load_atlas(
    paths: Iterable[Path],
    overrides: Mapping | None = None,
    origin: str = "--config",
    read: Callable[[Path], str] = read_text,
) -> Atlas:
    """Return the studies of the configuration files, ready to run.

    overrides: dict laid over the files' content. origin: where it comes from, for messages. read:
    returns the text of a file.
    Raises errors.UserError with one message: the file, the line, the key and what to do.
    """
    paths = [*map(Path, paths)]
    # Paths to files of one's own begin where the first configuration file lies.
    count_own_files_from(paths[0].parent if paths else Path())
    file = load_configuration(paths, overrides, origin, read)
    configuration = file.configuration
    problems = Problems()
    data: dict[str, DataSource] = {}
    plans: dict[str, Plan] = {}
    with problems.noted():
        check_cache(file)
    with problems.noted():
        check_size(file)
    for dataset in dict.fromkeys(study.dataset for study in configuration.studies.values()):
        with problems.noted():
            data[dataset] = NO_DATA.get(dataset) or find_data(dataset, file)
    inputs, elsewhere = _inputs(file, problems), _elsewhere(file, problems)
    problems.tell()
    configuration = _with_counts(configuration, data)
    atlas = Atlas(configuration, data, plans, inputs, elsewhere)
    for name, study in configuration.studies.items():
        with problems.noted():
            plans[name] = _checked_plan(name, study, atlas, file)
    problems.tell()
    return atlas


def _with_counts(configuration: Configuration, data: Mapping[str, DataSource]) -> Configuration:
    """Return the configuration with shares of the training images as numbers of them.

    So a share and the number that it comes to are the same runs.
    """
    studies = {
        name: _with_count(study, data[study.dataset])
        for name, study in configuration.studies.items()
    }
    return configuration.model_copy(update={"studies": studies})


def _with_count(study: Study, data: DataSource) -> Study:
    if not isinstance(study.validation, float):
        return study
    count = number_held_out(study.validation, data.training_images)
    return study.model_copy(update={"validation": count})


def _inputs(file: ConfigFile, problems: Problems) -> dict[str, str]:
    """Return the digest of the inputs of each program, by their names as JSON."""
    found: dict[str, str] = {}
    for name, study in file.configuration.studies.items():
        if study.program and canonical_json(study.program.inputs) not in found:
            inputs = study.program.inputs
            with problems.noted():
                try:
                    digest = inputs_digest(own_files_folder(), inputs)
                except InputError as error:
                    raise file.error(("studies", name, "inputs"), str(error)) from None
                found[canonical_json(inputs)] = digest
    return found


def _elsewhere(file: ConfigFile, problems: Problems) -> dict[str, Elsewhere]:
    """Return by study what it takes from elsewhere."""
    found: dict[str, Elsewhere] = {}
    for name, study in file.configuration.studies.items():
        if study.runs:
            # Only now, since most configurations have no such runs, and tables take time to import.
            from lr_atlas.studies.files_elsewhere import find_elsewhere

            with problems.noted():
                found[name] = find_elsewhere(name, study, file)
    return found


def _checked_plan(name: str, study: Study, atlas: Atlas, file: ConfigFile) -> Plan:
    """Return the plan of a study, checked for what only its plan and its data can tell."""
    problems = Problems()
    with problems.noted():
        check_name(name, file)
    if study.trains:
        with problems.noted():
            check_study(name, study, atlas.data[study.dataset], file)
            check_schedules(name, study, atlas.data[study.dataset], file)
            check_variance(name, study, file)
    with problems.noted():
        check_metric(name, study, atlas.metric_of(name), file)
    if name in atlas.elsewhere:
        with problems.noted():
            check_elsewhere(name, study, atlas.metric_of(name), atlas.elsewhere[name], file)
    problems.tell()
    try:
        plan = atlas.plan_of(name, study)
    except GridError as error:
        raise file.error(("studies", name), str(error)) from None
    problems = Problems()
    if study.trains:
        with problems.noted():
            check_parts(plan, study, atlas.data[study.dataset], file)
        with problems.noted():
            check_optimizers(plan, study, file)
    with problems.noted():
        check_reference(plan, study, atlas.metric_of(name), file)
    with problems.noted():
        images = atlas.images_trained_on(plan.trained[0]) if study.trains else 0
        check_claims(plan, study, atlas.metric_of(name), images, file)
    with problems.noted():
        check_score(plan, study, atlas.data[study.dataset], file)
    problems.tell()
    return plan


def atlas_from_snapshot(snapshot: dict) -> Atlas:
    """Return the Atlas of a `snapshot`. Nothing is checked again, no data is looked for."""
    count_own_files_from(Path(snapshot["own_files"]))
    tell_optimizers(snapshot["optimizers"])
    configuration = Configuration.model_validate(snapshot["configuration"])
    data = {name: DataSource.from_plain(values) for name, values in snapshot["data"].items()}
    elsewhere = {
        name: Elsewhere.from_plain(values) for name, values in snapshot["elsewhere"].items()
    }
    atlas = Atlas(configuration, data, {}, snapshot["inputs"], elsewhere)
    plans = {name: atlas.plan_of(name, study) for name, study in configuration.studies.items()}
    return replace(atlas, plans=plans)
