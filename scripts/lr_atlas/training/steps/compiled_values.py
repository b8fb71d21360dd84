"""Values for the compiled functions: the network, the images, the optimizer, the steps."""

from typing import NamedTuple

import numpy as np

RELU, SIGMOID, TANH, LEAKY_RELU, ELU, GELU, SILU = range(7)
CROSS_ENTROPY, MSE = range(2)
NO_OPTIMIZER, SGD, ADAM, RMSPROP, ADAGRAD = range(5)


class Network(NamedTuple):
    """Hold what the compiled functions know of the network; arrays share memory with torch's."""

    widths: np.ndarray  # int64 [layers + 1], of the inputs, the hidden layers and the classes
    weights: np.ndarray  # [all parameters]: weight [out, in] and bias [out] of each layer in turn
    gradients: np.ndarray  # likewise
    activation: int
    loss: int
    sgemm: int  # the address of MKL's product of float32 matrices; 0 for SciPy's BLAS alone


class Images(NamedTuple):
    """Hold examples as they are stored, and how they are scaled."""

    pixels: np.ndarray  # uint8 [n, pixels]
    labels: np.ndarray  # int64 [n]
    scale: float  # a pixel's value is pixel * scale + low
    low: float


class Arguments(NamedTuple):
    """Hold arguments as in torch.optim, those of all kinds; an optimizer reads its own."""

    lr: float = 0.0
    sign: float = 1.0  # -1 to maximize
    decay: float = 0.0
    momentum: float = 0.0
    dampening: float = 0.0
    nesterov: float = 0.0
    beta1: float = 0.0
    beta2: float = 0.0
    eps: float = 0.0
    decoupled: float = 0.0  # whether the decay is, as in AdamW
    amsgrad: float = 0.0
    alpha: float = 0.0
    centered: float = 0.0
    lr_decay: float = 0.0


class Rates(NamedTuple):
    """Hold what a step of a group of parameters has for its own."""

    lr: float
    decay: float
    momentum: float  # a factor


class Optimizer(NamedTuple):
    """Hold an optimizer, with the state that it has of each parameter."""

    kind: int
    arguments: Arguments
    states: np.ndarray  # [as many as that kind has, all parameters]
    #: float64 [groups, 4]: of neighbouring parameters, as GROUP_… say.
    groups: np.ndarray


#: Columns of Optimizer.groups: the first parameter, the one after the last, and factors.
GROUP_START, GROUP_END, GROUP_LR, GROUP_DECAY = range(4)


class Steps(NamedTuple):
    """Hold what is particular to some steps in a row."""

    before: int  # steps of the optimizer that came before
    accumulate: int  # batches of a step
    clip_norm: float  # infinity where gradients are left as they are
    clip_value: float  # likewise
    factors: np.ndarray  # float64 [steps, 4], as FACTOR_… say
    mean_gradient: np.ndarray  # [all parameters], of the batches of a step; empty if it has one
    average: np.ndarray  # [all parameters], of the weights of several steps; may be empty


#: Columns of Steps.factors: of the learning rate, momentum and weight decay, and what share of the
#: way the average of the weights goes towards those of this step.
FACTOR_LR, FACTOR_MOMENTUM, FACTOR_DECAY, SHARE_OF_AVERAGE = range(4)
