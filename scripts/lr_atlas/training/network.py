"""The network, from a run's configuration, and its weights as bytes."""

import torch
from torch import nn

from lr_atlas.training.random_streams import stream_seed
from lr_atlas.training.tensor_files import from_bytes, to_bytes

ACTIVATIONS = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}


def build_network(model: dict, inputs: int, classes: int, seed: int) -> nn.Sequential:
    """A feed-forward network with torch's default initialisation (He et al. 2015, uniform).

    model: {"hidden": list of int, "activation": str, "dropout": float}. inputs, classes: int.
    Returns an nn.Sequential that maps float32 [n, inputs] to logits float32 [n, classes].
    """
    layers = []
    width = inputs
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, "weights"))
        for neurons in model["hidden"]:
            layers += [nn.Linear(width, neurons), ACTIVATIONS[model["activation"]]()]
            if model["dropout"] > 0:
                layers.append(nn.Dropout(model["dropout"]))
            width = neurons
        layers.append(nn.Linear(width, classes))
    return nn.Sequential(*layers)


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
    """The network's state_dict, on the CPU, as a file that torch.load(weights_only=True) reads."""
    return to_bytes({key: value.cpu().clone() for key, value in network.state_dict().items()})


def load_weights(network: nn.Module, content: bytes) -> None:
    """Copy the weights of what `weights_bytes` gave into the network."""
    network.load_state_dict(from_bytes(content))
