"""Put into words, in a language, what the figures say.

Whole messages stand in the code in English, where they are used, with named places for values; a
language has a translation of each. So nothing is put together from words that another language
would order or inflect in another way.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.rounding import compact
from lr_atlas.data.datasets import DATASETS
from lr_atlas.figures.font import has_letters
from lr_atlas.locale.language import SOURCE, Language
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.training.metrics.loss import UNITS

#: A folder of images may be called by a sentence, which a figure has no place for.
_LONGEST_CLASS_NAME = 20


@dataclass(frozen=True)
class Wording:
    """Hold the words, the language and the style of a study's figures.

    Attributes:
        study: The study's name.
        validation: "test" where the test images served as validation images, "unknown" where nobody
            says which did, else anything else.
        loss: The loss of settings that name none of their own, such as "cross_entropy" or "mse".
        metric: The metric of the study.
        dataset: A key of datasets.DATASETS, for the names of the classes.
        classes: Names of the classes in place of the data set's, in any language; empty if none.
        selection: A sentence on the settings that are shown, for the notes; empty if all are.
        language: The language of all words.
        style: "paper" or "slides", see style.theme.
        titles: Whether a title stands above each figure.
        place: What a curve goes over: "epoch" or "step".
    """

    study: str
    validation: str
    loss: str
    dataset: str = "mnist"
    classes: tuple[str, ...] = ()
    selection: str = ""
    language: Language = SOURCE
    style: str = "paper"
    titles: bool = True
    metric: StudyMetric = ACCURACY
    place: str = "epoch"

    def say(self, message: str, /, **values: Any) -> str:
        """Return the message in the figures' language, with the values in its places.

        Without a translation it is said in English: better a word of that than no figure.
        """
        return self.language.messages.get(message, message).format(**values)

    def of_metric(self, message: str, /, **values: Any) -> str:
        """Return a message with {metric} in it, which stands for what the study's is called.

        A language has it of just this metric, in words that go with its name, or else of any.
        """
        title, known = self.metric.title, self.language.messages
        shorter = self.metric.message(message)
        if shorter in known or not known:
            message = shorter
        of_this = message.replace("{metric}", title)
        if of_this in known:
            return known[of_this].format(**values)
        text = known.get(message, message).format(metric=known.get(title, title), **values)
        return text[0].upper() + text[1:] if message[0].isupper() else text

    def of_things(self, message: str, /, **values: Any) -> str:
        """Return a message about images, said of what the study's metric is measured on."""
        of_these = message.replace("image", self.metric.things.removesuffix("s"))
        return self.say(of_these, **values)

    def with_more(self, translations: Mapping[str, Mapping[str, str]]) -> "Wording":
        """Return the wording with further messages: {code: {English message: translation}}."""
        return replace(self, language=self.language.with_more(translations))

    def note(self, *sentences: str, always: str = "") -> str:
        """Join the sentences of a figure's note, leaving out the empty ones.

        Slides have no note but for what would mislead without it: that settings were chosen on the
        test images, that only a selection is shown, and the sentence `always`.
        """
        if self.style == "slides":
            needed = {self.selection, self.choice if self.on_test_images else ""}
            sentences = tuple(sentence for sentence in sentences if sentence in needed)
        return " ".join(filter(None, (*sentences, always)))

    def count(self, number: int) -> str:
        """Write a whole number, its thousands set apart."""
        return f"{number:,}".replace(",", self.language.thousands)

    @property
    def on_test_images(self) -> bool:
        """Return whether the validation images were the test images."""
        return self.validation == "test"

    @property
    def of_rows(self) -> bool:
        """Return whether the study is of rows of a table instead of images."""
        return self.metric.things == "rows"

    @property
    def validation_images(self) -> str:
        """Return the images, rows or examples on which settings are compared."""
        if self.on_test_images:
            return self.of_things("test images")
        return self.of_things("held-out images")

    @property
    def training_images(self) -> str:
        """Return the images, rows or examples that runs are trained on."""
        return self.of_things("training images")

    @property
    def metric_label(self) -> str:
        """Return the label of an axis of the metric."""
        title = self.metric.title
        return self._labelled(self.language.messages.get(title, title))

    @property
    def validation_label(self) -> str:
        """Return the label of an axis of the metric on the validation images."""
        if self.on_test_images and self.of_rows:
            return self._labelled(self.of_metric("validation {metric}\non the test rows"))
        if self.on_test_images:
            return self._labelled(self.of_metric("validation {metric}\non the test images"))
        return self._labelled(self.of_metric("validation {metric}"))

    @property
    def final_label(self) -> str:
        """Return the label of an axis of the metric on the validation images at the end."""
        if self.on_test_images and self.of_rows:
            return self._labelled(self.of_metric("final validation {metric}\non the test rows"))
        if self.on_test_images:
            return self._labelled(self.of_metric("final validation {metric}\non the test images"))
        return self._labelled(self.of_metric("final validation {metric}"))

    def _labelled(self, text: str) -> str:
        return f"{text}{self.metric.in_unit}"

    @property
    def choice(self) -> str:
        """Return the sentence on what a choice made with the figure rests on; empty if unknown."""
        if self.validation == "unknown":
            return ""
        if self.on_test_images:
            return self.say("What is best here was chosen on the test set.")
        return self.of_things("What is best here was chosen on held-out images.")

    @property
    def ends(self) -> str:
        """Return the sentence on what final values are; empty where they are the last ones."""
        if self.metric.last == 1:
            return ""
        count = self.count(self.metric.last)
        if self.metric.rows == "epochs":
            return self.say("Final: the mean of the last {count} epochs.", count=count)
        return self.say("Final: the mean of the last {count} evaluations.", count=count)

    def plateau(self, margin: float) -> str:
        """Return the sentence on what a plateau is; margin: the loss that does not matter.

        It is empty where the margin is not known: then there is no plateau.
        """
        if math.isnan(margin):
            return ""
        points = f"{self.metric.metric.scale * margin:g}"
        if not self.metric.is_share:
            width = f"{points} {self.metric.metric.unit_of_difference}".rstrip()
        elif points == "1":
            width = self.say("1 point")
        else:
            width = self.say("{points} points", points=points)
        return self.say(
            "Plateau: neighbouring learning rates, all else equal, shown to be within {width} "
            "of the best; not drawn where the seeds are too few to tell.",
            width=width,
        )

    def loss_axis(self, loss: str | None = None) -> str:
        """Return the label of a loss axis, of the study's loss if `loss` is None."""
        if self.metric.of_program:
            return self.say("loss")
        loss = loss or self.loss
        if loss in UNITS:
            unit = self.of_things("{unit} per image", unit=UNITS[loss])
        else:
            unit = self.say("mean squared error") if loss == "mse" else loss
        return self.say("loss ({unit})", unit=unit)

    def class_names(self) -> list[str]:
        """Return the names of the classes, in the order of the labels, those too long cut off.

        Numbers where the figures' font has no letters for the names.
        """
        if not has_letters(*self.classes):
            return [str(label) for label in range(len(self.classes))]
        if self.classes:
            longest = _LONGEST_CLASS_NAME
            return [
                name if len(name) <= longest else f"{name[: longest - 1]}…" for name in self.classes
            ]
        names = DATASETS[self.dataset].class_names
        return [name if name.isdigit() else self.say(name) for name in names]

    @property
    def on_classes(self) -> str:
        """Return the sentence on what stands for the classes, if their names cannot be drawn."""
        if has_letters(*self.classes):
            return ""
        return self.say(
            "Classes by number, from 0, in the order of the data: the font has no letters for "
            "their names."
        )

    def value(self, value: Any) -> str | None:
        """Return a parameter's value as text: "64" for 64.0, "128-64" for a list, None for none."""
        if isinstance(value, (list, tuple, np.ndarray)):
            return "-".join(self.value(part) or self.say("none") for part in value) or self.say(
                "none"
            )
        if value is None or value == "" or pd.isna(value):
            return None
        if isinstance(value, (bool, np.bool_)):
            return self.say("yes") if value else self.say("no")
        if isinstance(value, (int, float, np.integer, np.floating)):
            return compact(float(value))
        words = {
            "none": self.say("none"),
            "cross_entropy": self.say("cross-entropy"),
            "mse": self.say("mean squared error"),
        }
        return words.get(str(value), str(value))

    @property
    def by_steps(self) -> bool:
        """Return whether curves go over steps, with evaluations that are no ends of epochs."""
        return self.place == "step"

    @property
    def place_label(self) -> str:
        """Return the label of an axis over the course of training."""
        return self.say("step") if self.by_steps else self.say("epoch")

    @property
    def running(self) -> str:
        """Return the name of what is measured while the weights change."""
        return self.say("before the evaluation") if self.by_steps else self.say("during the epoch")

    def parameter(self, name: str, value: str) -> str:
        """Say a parameter with its value, as a reader would; one that is not known as it is."""
        known = {
            "activation": self.say("activation {value}", value=value),
            "alpha": self.say("decay {value}", value=value),
            "batch_size": self.say("batch size {value}", value=value),
            "centered": self.say("centred {value}", value=value),
            "dampening": self.say("dampening {value}", value=value),
            "dropout": self.say("dropout {value}", value=value),
            "epochs": self.say("1 epoch")
            if value == "1"
            else self.say("{value} epochs", value=value),
            "steps": self.say("1 step") if value == "1" else self.say("{value} steps", value=value),
            "eps": self.say("epsilon {value}", value=value),
            "hidden": self.say("hidden layers {value}", value=value),
            "loss": self.say("loss {value}", value=value),
            "lr_decay": self.say("learning rate decay {value}", value=value),
            "momentum": self.say("momentum {value}", value=value),
            "momentum_decay": self.say("momentum decay {value}", value=value),
            "network": self.say("network {value}", value=value),
            "weight_decay": self.say("weight decay {value}", value=value),
            "schedule": self.say("schedule {value}", value=value),
            "momentum_schedule": self.say("momentum schedule {value}", value=value),
            "weight_decay_schedule": self.say("weight decay schedule {value}", value=value),
        }
        return known.get(name, f"{name.replace('_', ' ')} {value}")


#: Serves a caller whose table says all there is to say, as in `settings.describe_settings`.
ENGLISH = Wording(study="", validation="", loss="")
