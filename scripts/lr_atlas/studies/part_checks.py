"""Checks of the parts of a study's runs against the data: network, loss, transforms."""

from collections.abc import Iterator

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.plain_constants import plain_constant
from lr_atlas.config.config_file import ConfigFile
from lr_atlas.config.config_messages import Problems
from lr_atlas.config.metric_models import OwnMetric
from lr_atlas.config.own_parts import is_own
from lr_atlas.config.study_models import Study
from lr_atlas.data.image_counts import image_counts
from lr_atlas.studies.combinations import usual_loss
from lr_atlas.studies.data_source import DataSource
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.network_probe import (
    ProbeError,
    check_groups,
    check_loss,
    check_metric,
    check_transforms,
    size_of_network,
)
from lr_atlas.training.configuration import complete_configuration, grouping, is_plain
from lr_atlas.training.form import Form
from lr_atlas.training.parts import name_of_part, names, part_file, short_name


def check_parts(plan: Plan, study: Study, data: DataSource, file: ConfigFile) -> None:
    """Raise ConfigError for a network, a loss or a transform that does not fit the data."""
    form = data.form
    problems = Problems()
    for keys, loss in _losses(study, form):
        with problems.noted():
            _check_loss((*_place(plan), *keys), loss, form, file)
    for metric in _own_metrics(study):
        with problems.noted():
            try:
                check_metric(metric, form)
            except ProbeError as error:
                raise file.error((*_place(plan), "metric"), str(error)) from None
    if study.transforms:
        with problems.noted():
            _check_transforms(plan, study, form, file)
    models = {
        canonical_json(run.configuration["model"]): run.configuration["model"]
        for run in plan.trained
        if "model" in run.configuration
    }
    for model in models.values():
        if not is_plain(model) and _is_given_shapes(model):
            with problems.noted():
                _check_network(plan, study, model, form, file)
                _check_last_batch(plan, study, model, data, file)
    for model, optimizer in _grouped(plan):
        with problems.noted():
            try:
                check_groups(model, optimizer, form)
            except ProbeError as error:
                place = _place_of_optimizer(plan, study, optimizer["name"])
                raise file.error(place, str(error)) from None
    problems.tell()


def _grouped(plan: Plan) -> list[tuple[dict, dict]]:
    """Return each (network, optimizer) of a study that says something of groups of parameters."""
    found = {}
    for run in plan.trained:
        optimizer = run.configuration["optimizer"]
        if grouping(optimizer):
            model = complete_configuration(run.configuration)["model"]
            kept = {"name": optimizer["name"], **grouping(optimizer)}
            found[canonical_json([model, kept])] = (model, kept)
    return list(found.values())


def _place_of_optimizer(plan: Plan, study: Study, name: str) -> tuple:
    """Return where in the configuration the first entry of an optimizer stands."""
    index = [entry.name for entry in study.optimizers].index(name)
    return (*_place(plan), "optimizers", index)


def _place(plan: Plan) -> tuple[str, str]:
    return "studies", plan.study


def _losses(study: Study, form: Form) -> Iterator[tuple[tuple, str | dict]]:
    """Yield (keys within the study, loss) of each loss that it names, or that stands for none."""
    if "loss" in study.model_fields_set:
        yield ("loss",), study.loss
    elif any(entry.loss is None for entry in study.optimizers):
        yield (), usual_loss(study, form.task)
    for index, entry in enumerate(study.optimizers):
        for loss in entry.loss or []:
            yield ("optimizers", index, "loss"), loss


def _own_metrics(study: Study) -> list[str]:
    return [study.metric.python] if isinstance(study.metric, OwnMetric) else []


def _check_loss(keys: tuple, loss: str | dict, form: Form, file: ConfigFile) -> None:
    name = name_of_part(loss)
    tasks = (form.task,) if is_own(name) else _tasks(name)
    if form.task not in tasks:
        fitting = ", ".join(each for each in names("loss") if form.task in _tasks(each))
        raise file.error(
            keys,
            f"the loss {name} is for {' and '.join(tasks)}, and this data is for {form.task}, for "
            f"which there are {fitting}, or one of your own",
        )
    if isinstance(loss, dict) or is_own(name):
        try:
            check_loss(loss, form)
        except ProbeError as error:
            raise file.error(keys, str(error)) from None


def _tasks(name: str) -> tuple[str, ...]:
    return plain_constant(part_file("loss", name), "TASKS")


def _check_transforms(plan: Plan, study: Study, form: Form, file: ConfigFile) -> None:
    try:
        check_transforms(study.transforms, form)
    except ProbeError as error:
        raise file.error((*_place(plan), "transforms"), str(error)) from None


def _is_given_shapes(model: dict) -> bool:
    """Return whether a network is given inputs in their shape; today's own ones are not."""
    return not is_own(model["name"]) or "arguments" in model


def _check_network(plan: Plan, study: Study, model: dict, form: Form, file: ConfigFile) -> None:
    try:
        size_of_network(model, form)
    except ProbeError as error:
        raise file.error(_place_of_network(plan, study, model), f"{error}") from None


def _check_last_batch(
    plan: Plan, study: Study, model: dict, data: DataSource, file: ConfigFile
) -> None:
    """Raise ConfigError if an epoch ends in a batch of one image, which batch norm cannot take."""
    if size_of_network(model, data.form).takes_one:
        return
    images = image_counts(
        *(study.validation, study.training_images), *(data.training_images, 0, data.held_out)
    ).training
    for run in plan.trained:
        batch_size = complete_configuration(run.configuration)["batch_size"]
        if run.configuration.get("model") == model and (images - 1) % batch_size == 0:
            raise file.error(
                (
                    *_place(plan),
                    *(["batch_size"] if "batch_size" in study.model_fields_set else []),
                ),
                f"in batches of {batch_size}, the last of the {images} training images is a batch "
                f"of its own, which {short_name(model['name'])} cannot be trained on; choose "
                "another batch size",
            )


def _place_of_network(plan: Plan, study: Study, model: dict) -> tuple:
    """Return where in the configuration a network stands."""
    for index, entry in enumerate(study.optimizers):
        for override in entry.model or []:
            if getattr(override, "name", None) == model["name"]:
                return (*_place(plan), "optimizers", index, "model")
    return (*_place(plan), "model")
