"""The network, its loss and its optimizer, from a run's configuration."""

import inspect

import torch
from torch import nn
from torch.nn import functional

from lr_atlas.training.random_streams import stream_seed
from lr_atlas.training.tensor_files import from_bytes, to_bytes

#: Optimizers that look at a parameter as a whole, such as a matrix by its rows and columns.
_BY_PARAMETER = {"adafactor"}

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


def build_optimizer(
    optimizer: dict, network: nn.Module, flat: nn.Parameter
) -> torch.optim.Optimizer:
    """The torch.optim optimizer of a configuration, for the parameters of `network`.

    optimizer: {"name": str, "lr": float, arguments…}. flat: what `flatten_parameters` gave for the
    network. Optimizers that treat every number alike work on it: the same results to the last bit
    for a tenth to a quarter less time per epoch.
    """
    whole = optimizer["name"] in _BY_PARAMETER
    arguments = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in optimizer.items()
        if key != "name"
    }
    classes = {name.lower(): member for name, member in vars(torch.optim).items()}
    chosen = classes[optimizer["name"]]
    if flat.is_cuda and "capturable" in inspect.signature(chosen).parameters:
        # Keeps all of its state on the GPU, so that its steps can be recorded (cuda_graphs).
        arguments["capturable"] = True
    return chosen(network.parameters() if whole else [flat], **arguments)


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


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean over the images of the cross-entropy of the softmax output, in nats."""
    return functional.cross_entropy(logits, labels)


def mean_squared_error(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean over images and classes of (softmax output - one-hot target) squared."""
    target = functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return functional.mse_loss(functional.softmax(logits, dim=1), target)


LOSSES = {"cross_entropy": cross_entropy, "mse": mean_squared_error}


def weights_bytes(network: nn.Module) -> bytes:
    """The network's state_dict, on the CPU, as a file that torch.load(weights_only=True) reads."""
    return to_bytes({key: value.cpu().clone() for key, value in network.state_dict().items()})


def load_weights(network: nn.Module, content: bytes) -> None:
    """Copy the weights of what `weights_bytes` gave into the network."""
    network.load_state_dict(from_bytes(content))
