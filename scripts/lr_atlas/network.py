"""The network, its loss and its optimizer, from a run's configuration."""

import io

import torch
from torch import nn
from torch.nn import functional

from lr_atlas.atomic import open_atomically
from lr_atlas.random_streams import stream_seed

ACTIVATIONS = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}


def build_network(model, inputs, classes, seed):
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


def build_optimizer(optimizer, parameters):
    """The torch.optim optimizer of a configuration: {"name": str, "lr": float, arguments…}."""
    arguments = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in optimizer.items()
        if key != "name"
    }
    classes = {name.lower(): member for name, member in vars(torch.optim).items()}
    return classes[optimizer["name"]](parameters, **arguments)


def cross_entropy(logits, labels):
    """Mean over the images of the cross-entropy of the softmax output, in nats."""
    return functional.cross_entropy(logits, labels)


def mean_squared_error(logits, labels):
    """Mean over images and classes of (softmax output - one-hot target) squared."""
    target = functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return functional.mse_loss(functional.softmax(logits, dim=1), target)


LOSSES = {"cross_entropy": cross_entropy, "mse": mean_squared_error}


def write_weights(path, network):
    """Write the network's state_dict, on the CPU, loadable with torch.load(weights_only=True)."""
    weights = {key: value.cpu() for key, value in network.state_dict().items()}
    buffer = io.BytesIO()  # torch puts a file's name into its bytes; a buffer has none
    torch.save(weights, buffer)
    with open_atomically(path) as file:
        file.write(buffer.getvalue())
