"""Accuracy: the share of images whose largest logit is that of their label, 0..1.

The steps count right answers while they train and evaluate (steps/), and the loop divides by the
number of images (trainer.py), so that nothing is computed twice; here is how to read it.
"""

from lr_atlas.training.metric import Metric

accuracy = Metric(
    "accuracy",
    higher_is_better=True,
    scale=100,
    digits=2,
    unit="%",
    unit_of_difference="points",
    lowest=0.0,
    highest=1.0,
    counts=True,
    plural="accuracies",
)
