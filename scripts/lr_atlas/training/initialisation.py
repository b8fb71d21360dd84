"""First weights of the layers of a network, by a scheme."""

from collections.abc import Callable

import torch
from torch import nn

from lr_atlas.training.random_streams import stream


def _he(weight: torch.Tensor) -> torch.Tensor:
    return nn.init.kaiming_normal_(weight, nonlinearity="relu")


#: "default": what the network itself does.
SCHEMES: dict[str, Callable[[torch.Tensor], torch.Tensor] | None] = {
    "default": None,
    "xavier": nn.init.xavier_uniform_,  # Glorot and Bengio 2010
    "he": _he,  # He et al. 2015, by the inputs of a layer
    "orthogonal": nn.init.orthogonal_,  # Saxe et al. 2014
}
_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def initialise(network: nn.Module, scheme: str) -> None:
    """Draw the weights of all linear and convolutional layers anew, with biases 0.

    scheme: a key of SCHEMES; "default" leaves everything as it is.
    """
    draw = SCHEMES[scheme]
    if draw is None:
        return
    for layer in network.modules():
        if isinstance(layer, _LAYERS):
            draw(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


@torch.no_grad()
def move_last_bits(network: nn.Module, seed: int) -> None:
    """Move each parameter to the next number above or below it, by chance.

    Stands for what another order of additions would round otherwise: one last bit of the first
    weights, as in Summers and Dinneen 2021 (arXiv:2103.04514). All of them, since a single one may
    belong to an input that is always 0.
    """
    draw = stream(seed, "rounding")
    for parameter in network.parameters():
        above = torch.rand(parameter.shape, generator=draw) < 0.5
        towards = torch.where(above, torch.inf, -torch.inf).to(parameter.dtype)
        parameter.copy_(torch.nextafter(parameter, towards))
