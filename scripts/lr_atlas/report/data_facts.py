"""Sentences of a study's protocol on its data, and on the part that settings are chosen on."""

from lr_atlas.config.study_models import Study
from lr_atlas.data.datasets import DATASETS
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import say, say_word
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.training.form import Form


def images_sentence(study: Study, data: dict) -> str:
    """Return of what data a study is, in one sentence or a few.

    data: as in studies.study_definition.
    """
    is_known = study.dataset in DATASETS
    title = DATASETS[study.dataset].title if is_known else study.dataset
    counts = say(
        "{training} training and {test} test {things}",
        training=data["training_images"],
        test=data["test_images"],
        things=say_word(study_metric(study, data).things),
    )
    sentences = [say("Data: {title}, {counts}.", title=title, counts=counts)]
    if not is_known:
        sentences = _own_data(title, counts, data)
    elif data["digest"] is not None:
        sentences = _own_images(study.dataset, title, counts, data)
    if study.training_images != "all":
        sentences.append(
            say(
                "Trained on {some:,} of {all:,} training images: the first of each class that are "
                "not held out, each class with its share.",
                some=study.training_images,
                all=data["training_images"],
            )
        )
    return " ".join(sentences)


def _own_data(title: str, counts: str, data: dict) -> list[str]:
    form = Form(**data["form"])
    task = say("regression")
    if form.classes:
        task = say("classification with {classes} classes", classes=form.classes)
    sentences = [
        say(
            "Data: {title}, own data (digest {digest}): {counts}; {task}, one input is {shape}.",
            title=title,
            digest=data["digest"][:12],
            counts=counts,
            task=task,
            shape=" x ".join(map(str, form.shape)),
        )
    ]
    if "variants" in data:
        sentences.append(
            say(
                "Each of {variants} of it, by {axes}, is data of its own: settings that differ "
                "there are answers to other problems.",
                variants=counted(len(data["variants"]), "variant"),
                axes=", ".join(next(iter(data["variants"].values()))),
            )
        )
    return sentences


def _own_images(dataset: str, title: str, counts: str, data: dict) -> list[str]:
    sentences = [
        say(
            "Data: own images, the IDX files of a folder that the configuration names (digest "
            "{digest}), in the place of {dataset}: {counts}. They are **not the canonical {title} "
            "images**.",
            digest=data["digest"][:12],
            dataset=dataset,
            counts=counts,
            title=title,
        )
    ]
    if data["transposed"]:
        sentences.append(
            say(
                "If they are digits or clothes they stand **transposed**, rows and columns "
                "exchanged, as EMNIST's files do: class 1 is far wider than tall."
            )
        )
    return sentences


def validation_sentence(study: Study, data: dict) -> str:
    """Return on what the settings of a study are compared; data: as of `images_sentence`."""
    metric = study_metric(study, data)
    things = say_word(metric.things)
    if study.validation == "test":
        return say(
            "Validation: **on the test {things}**; what is chosen by it is chosen on the test set.",
            things=things,
        )
    if study.validation == "given":
        return say("Validation: on those that the data itself holds out of its training part.")
    if metric.task == "classification":
        return say(
            "Validation: on {count} training {things} held out, stratified by class.",
            count=study.validation,
            things=things,
        )
    return say(
        "Validation: on {count} training {things} held out.", count=study.validation, things=things
    )
