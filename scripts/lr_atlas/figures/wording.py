"""Put into words, in English or in Spanish, what the figures say.

Whole messages stand in the code in English, where they are used, with named places for values;
`spanish` has a translation of each. So nothing is put together from words that another language
would order or inflect in another way.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.rounding import compact
from lr_atlas.data.datasets import DATASETS
from lr_atlas.figures.spanish import SPANISH

#: Messages by language; English is what stands in the code.
_TRANSLATIONS = {"es": SPANISH}


@dataclass(frozen=True)
class Wording:
    """What a study's figures say, in which language, and in which style they say it.

    Attributes:
        study: The study's name.
        validation: "test" where the test images served as validation images, else anything else.
        loss: Such as "cross_entropy" or "mse", of the settings that name none of their own.
        dataset: A key of datasets.DATASETS, for the names of the classes.
        classes: Names of the classes in place of the data set's, in any language; empty if none.
        selection: Which settings are shown, for the notes; empty if all are.
        language: "en" or "es".
        style: "paper" or "slides", see style.theme.
        titles: Whether a title stands above each figure.
    """

    study: str
    validation: str
    loss: str
    dataset: str = "mnist"
    classes: tuple[str, ...] = ()
    selection: str = ""
    language: str = "en"
    style: str = "paper"
    titles: bool = True

    def say(self, message: str, /, **values: Any) -> str:
        """Return the message in the figures' language, with the values in its places.

        Raises KeyError if the message has no translation.
        """
        translations = _TRANSLATIONS.get(self.language)
        return (translations[message] if translations else message).format(**values)

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
        """Write a whole number; a comma between thousands is a decimal sign in Spanish."""
        text = f"{number:,}"
        return text.replace(",", "\N{NO-BREAK SPACE}") if self.language == "es" else text

    @property
    def on_test_images(self) -> bool:
        """Return whether the validation images were the test images."""
        return self.validation == "test"

    @property
    def validation_images(self) -> str:
        """Return the images on which settings are compared."""
        return self.say("test images") if self.on_test_images else self.say("held-out images")

    @property
    def validation_accuracy(self) -> str:
        """Return the label of an axis of validation accuracies."""
        if self.on_test_images:
            return self.say("validation accuracy\non the test images (%)")
        return self.say("validation accuracy (%)")

    @property
    def final_validation_accuracy(self) -> str:
        """Return the label of an axis of validation accuracies after the last epoch."""
        if self.on_test_images:
            return self.say("final validation accuracy\non the test images (%)")
        return self.say("final validation accuracy (%)")

    @property
    def choice(self) -> str:
        """Return the sentence on what a choice made with the figure rests on."""
        if self.on_test_images:
            return self.say("What is best here was chosen on the test set.")
        return self.say("What is best here was chosen on held-out images.")

    def plateau(self, margin: float) -> str:
        """Return the sentence on what a plateau is; margin: the loss of accuracy, 0..1."""
        points = f"{100 * margin:g}"
        width = self.say("1 point") if points == "1" else self.say("{points} points", points=points)
        return self.say(
            "Plateau: neighbouring learning rates, all else equal, shown to be within {width} "
            "of the best; not drawn where the seeds are too few to tell.",
            width=width,
        )

    def loss_axis(self, loss: str | None = None) -> str:
        """Return the label of a loss axis, of the study's loss if `loss` is None."""
        loss = loss or self.loss
        units = {
            "cross_entropy": self.say("nats per image"),
            "mse": self.say("mean squared error"),
        }
        return self.say("loss ({unit})", unit=units.get(loss, loss))

    def class_names(self) -> list[str]:
        """Return the names of the classes, in the order of the labels."""
        if self.classes:
            # A dollar sign would begin a formula.
            return [name.replace("$", r"\$") for name in self.classes]
        names = DATASETS[self.dataset].class_names
        return [name if name.isdigit() else self.say(name) for name in names]

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
            "eps": self.say("epsilon {value}", value=value),
            "hidden": self.say("hidden layers {value}", value=value),
            "loss": self.say("loss {value}", value=value),
            "lr_decay": self.say("learning rate decay {value}", value=value),
            "momentum": self.say("momentum {value}", value=value),
            "momentum_decay": self.say("momentum decay {value}", value=value),
            "network": self.say("network {value}", value=value),
            "weight_decay": self.say("weight decay {value}", value=value),
        }
        return known.get(name, f"{name.replace('_', ' ')} {value}")


#: For a caller whose table says all there is to say, as in `settings.describe_settings`.
ENGLISH = Wording(study="", validation="", loss="")
