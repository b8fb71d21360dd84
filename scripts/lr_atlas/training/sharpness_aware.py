"""Sharpness-aware steps: the gradient where the loss is highest nearby, at these weights.

Method: Foret et al., "Sharpness-Aware Minimization for Efficiently Improving Generalization"
(ICLR 2021), equation 2 with p = 2: the weights go by `radius` along their gradient, the gradient is
taken there on the same batch, and the weights go back. Twice the time of other steps.
"""

from collections.abc import Sequence

import torch

from lr_atlas.training.same_batch import Evaluate

#: Beside the norm of the gradient, which may be zero.
_TINY = 1e-12


def radius_of(given: float | str) -> float:
    """Return the radius of sharpness-aware steps of a configuration; 0 for "none"."""
    return 0.0 if isinstance(given, str) else given


def at_the_worst_nearby(
    evaluate: Evaluate, parameters: Sequence[torch.Tensor], radius: float
) -> Evaluate:
    """Return an evaluation that leaves the sharpness-aware gradient.

    evaluate: may be called twice. parameters: all that are trained. The loss and the outputs are
    those at the weights themselves.
    """

    def sharp() -> tuple[torch.Tensor, torch.Tensor]:
        found = evaluate()
        with torch.no_grad():
            gradients = [each.grad for each in parameters if each.grad is not None]
            norm = torch.linalg.vector_norm(
                torch.stack([torch.linalg.vector_norm(each) for each in gradients])
            )
            kept = [each.detach().clone() for each in parameters]
            for parameter in parameters:
                if parameter.grad is not None:
                    parameter.add_(parameter.grad * (radius / (norm + _TINY)))
        evaluate()
        with torch.no_grad():
            for parameter, before in zip(parameters, kept, strict=True):
                parameter.copy_(before)
        return found

    return sharp
