"""Loss: what training makes small, as mean over the images.

It is the run's own loss (losses/), and its unit is that of this one. The steps compute it with the
gradients (steps/); here is how to read it.
"""

from lr_atlas.training.metric import Metric

# A compiled loss may be below zero by a rounding.
loss = Metric(
    "loss",
    higher_is_better=False,
    digits=4,
    lowest=-1e-6,
    plural="losses",
    tasks=("classification", "regression"),
)

#: The unit of each loss that has one; a mean squared error has none.
UNITS = {"cross_entropy": "nats"}
