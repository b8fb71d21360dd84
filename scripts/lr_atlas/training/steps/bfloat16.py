"""Training whose products are rounded to bfloat16: torch's autocast around each step's outputs.

Weights, their updates, losses and all evaluations stay float32. Method: "Automatic mixed precision"
in torch's notes; bfloat16 has the range of float32, so that no loss is scaled.
"""

import torch

from lr_atlas.training.steps.autograd import AutogradSteps
from lr_atlas.training.steps.precisions import BFLOAT16


class Bfloat16Steps(AutogradSteps):
    """Trains a network with products of bfloat16, and evaluates it with those of float32."""

    name = BFLOAT16

    def _outputs(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        if not self.network.training:
            return super()._outputs(images, labels)
        # A recorded step would go on with weights that were rounded once.
        with torch.autocast(images.device.type, torch.bfloat16, cache_enabled=False):
            outputs = super()._outputs(images, labels)
        return outputs.float()
