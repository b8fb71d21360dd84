"""The precision of a run's products: where it can be had, and the trainer that has it."""

import torch

from lr_atlas.common.errors import UserError
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.steps.bfloat16 import Bfloat16Steps
from lr_atlas.training.steps.precisions import BFLOAT16, FLOAT32, TF32, precision_of
from lr_atlas.training.trainer import Trainer

#: GPUs of this generation (Ampere) and later have both of the other precisions.
_CAPABILITY = (8, 0)


def use_precision(configuration: dict, device: torch.device) -> None:
    """Have a GPU round products as a configuration says, in this process from now on.

    Raises UserError where a device has no such precision.
    """
    precision = precision_of(configuration)
    if device.type == "cpu" and precision == TF32:
        raise UserError("compute.precision is tf32, which is of a GPU, but this is a processor")
    if device.type == "cpu":
        return
    if precision != FLOAT32 and torch.cuda.get_device_capability(device) < _CAPABILITY:
        card = torch.cuda.get_device_name(device)
        raise UserError(f"compute.precision is {precision}, which this GPU does not have: {card}")
    is_rounded = precision == TF32
    torch.backends.cuda.matmul.allow_tf32 = is_rounded
    torch.backends.cudnn.allow_tf32 = is_rounded


def begun_trainer(configuration: dict, training_set: ImageSet, form: Form) -> Trainer:
    """Return the trainer of a run at its beginning. configuration: complete.

    No compiled step rounds to bfloat16: such a run has torch's own.
    """
    trainer = Trainer(configuration, training_set, form)
    if precision_of(configuration) == BFLOAT16:
        trainer.steps = Bfloat16Steps(trainer.network, configuration, training_set, form)
    return trainer
