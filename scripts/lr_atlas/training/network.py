"""The network of a run: made from its configuration, its weights in one tensor and as bytes."""

from collections.abc import Sequence

import torch
from torch import nn

from lr_atlas.training.parts import load_part
from lr_atlas.training.random_streams import stream_seed
from lr_atlas.training.tensor_files import from_bytes, to_bytes


def build_network(model: dict, shape: Sequence[int], classes: int, seed: int) -> nn.Module:
    """Return the network of a configuration, its first weights drawn from the run's seed.

    model: {"name": of a part, its arguments…}. shape: of an image. The network maps images
    float32 [n, pixels] to logits float32 [n, classes].
    """
    arguments = {key: value for key, value in model.items() if key != "name"}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, "weights"))
        return load_part("model", model["name"])(shape, classes, **arguments)


def flatten_parameters(network: nn.Module) -> nn.Parameter:
    """Move all parameters of the network, and their gradients, into one tensor.

    Returns that tensor as an nn.Parameter, float32 [number of parameters]. The network's parameters
    become views of it, and their gradients views of its `grad`, so they must be zeroed in place.
    """
    parameters = list(network.parameters())
    flat = nn.Parameter(torch.cat([parameter.detach().flatten() for parameter in parameters]))
    flat.grad = torch.zeros_like(flat)
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = flat.detach()[start:end].view(parameter.shape)
        parameter.grad = flat.grad[start:end].view(parameter.shape)
        start = end
    return flat


def weights_bytes(network: nn.Module) -> bytes:
    """Return the network's state_dict, on the CPU, as a file for torch.load(weights_only=True)."""
    return to_bytes({key: value.cpu().clone() for key, value in network.state_dict().items()})


def load_weights(network: nn.Module, content: bytes) -> None:
    """Copy the weights of what `weights_bytes` gave into the network."""
    network.load_state_dict(from_bytes(content))
