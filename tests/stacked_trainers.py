"""Trainers whose runs are trained alone, by torch's own steps, and as rows of a stack."""

import functools

import numpy as np

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.steps.autograd import AutogradSteps
from lr_atlas.training.steps.stacked import member
from lr_atlas.training.steps.stacked_rows import Stack
from lr_atlas.training.steps.stacked_turns import Together
from lr_atlas.training.trainer import Trainer

FLAT, SQUARE = Form((28, 28), 10), Form((1, 12, 12), 4)
#: Numbers of a run for each optimizer; `fused` would round otherwise.
SGD = {"name": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.001}
ADAM = {"name": "adam", "fused": False, "weight_decay": 0.001}
OPTIMIZERS = {
    "sgd": {"name": "sgd"},
    "nesterov": SGD,
    "dampened": {"name": "sgd", "momentum": 0.8, "dampening": 0.5},
    "adam": ADAM,
    "adamw": {"name": "adamw", "fused": False, "amsgrad": True},
    "rmsprop": {"name": "rmsprop", "momentum": 0.5, "centered": True},
}
COSINE = {"name": "cosine_restarts", "period": 7}


@functools.cache
def examples(form, device="cpu"):
    """Images that can be learnt; the last batch of 50 is smaller than the others."""
    count = 430 if form is FLAT else 130
    generator = np.random.default_rng(0)
    labels = generator.integers(0, form.outputs, count, dtype=np.uint8)
    centres = generator.integers(0, 256, (form.outputs, form.values))
    noisy = centres[labels] + generator.normal(0, 40, (count, form.values))
    shape = (count, 784) if form is FLAT else (count, *form.shape)
    return image_set(noisy.clip(0, 255).astype(np.uint8).reshape(shape), labels, device)


def configuration(seed=0, lr=0.01, optimizer=SGD, model=None, **more):
    return complete_configuration(
        {
            "dataset": "mnist",
            "seed": seed,
            "batch_size": 50,
            "model": model or {"hidden": [32, 16]},
            "optimizer": {"lr": lr, **optimizer},
            **more,
        }
    )


def begun(given, form, device="cpu"):
    return Trainer(given, examples(form, device), form)


def alone(given, epochs, form=FLAT, device="cpu"):
    """(records, the state of the trainer, the end) of a run by torch's own steps."""
    trainer = begun(given, form, device)
    assert type(trainer.steps) is AutogradSteps
    end = train(trainer, examples(form, device), epochs)
    return trainer.progress, trainer.state(), end


def together_of(given, form=FLAT, width=None, device="cpu"):
    """(what runs of a stack ask for steps, the trainer of each)."""
    first = begun(given[0], form, device)
    data = examples(form, device)
    together = Together(Stack(first.network, given[0], data, form, width or len(given)))
    return together, [
        member(functools.partial(begun, each, form, device), each, together, row)
        for row, each in enumerate(given)
    ]


def stacked(
    given,
    epochs,
    form=FLAT,
    width=None,
    *,
    device="cpu",
    after_piece=lambda trainer: None,
    states=(),
):
    """The same of runs that are trained as one; epochs: of each. states: to go on from."""
    (together, trainers), found = together_of(given, form, width, device), {}
    for trainer, state in zip(trainers, states, strict=False):
        trainer.restore(*state)

    def work(row):
        trainer = trainers[row]
        end = train(trainer, examples(form, device), epochs[row], lambda: after_piece(trainer))
        found[row] = trainer.progress, trainer.state(), end

    ends = together.run([functools.partial(work, row) for row in range(len(given))])
    assert ends == [None] * len(given)
    return [found[row] for row in range(len(given))]
