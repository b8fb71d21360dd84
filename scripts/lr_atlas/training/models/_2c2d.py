"""DeepOBS's network 2c2d, for MNIST and Fashion-MNIST (Schneider et al. 2019, arXiv:1903.05499)."""

from collections.abc import Sequence

from torch import nn

from lr_atlas.training.models._pooling import SamePool
from lr_atlas.training.models._shapes import flat_width, image_shape

#: The deviation of the weights' normal distribution, cut off at twice that; and all biases.
_DEVIATION = _BIAS = 0.05


def _2c2d(shape: Sequence[int], classes: int) -> nn.Sequential:
    """Return convolutions of 5 x 5 (32, 64), each with 2 x 2 pooling, then 1024 and the classes.

    Layers and initialisation are those of the repository fsschneider/DeepOBS,
    tensorflow/testproblems/_2c2d.py. shape: (channels, rows, columns), of any size.
    Maps float32 [n, *shape] to logits float32 [n, classes].
    """
    channels, *_ = image_shape(shape, "2c2d")
    layers = nn.Sequential(
        nn.Conv2d(channels, 32, 5, padding=2),
        nn.ReLU(),
        SamePool(2),
        nn.Conv2d(32, 64, 5, padding=2),
        nn.ReLU(),
        SamePool(2),
        nn.Flatten(),
    )
    width = flat_width(layers, shape)
    network = nn.Sequential(*layers, nn.Linear(width, 1024), nn.ReLU(), nn.Linear(1024, classes))
    for layer in network:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            cut = 2 * _DEVIATION
            nn.init.trunc_normal_(layer.weight, std=_DEVIATION, a=-cut, b=cut)
            assert layer.bias is not None
            nn.init.constant_(layer.bias, _BIAS)
    return network
