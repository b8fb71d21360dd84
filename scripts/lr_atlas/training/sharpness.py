"""Sharpness: the largest eigenvalue of the Hessian of the loss, and what a learning rate bears.

By products of the Hessian with vectors (Pearlmutter 1994) and Lanczos' method, so that the Hessian
itself, parameters times parameters, is never made.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

#: Training examples that it is measured on, at most.
EXAMPLES = 500
#: Relative error of the eigenvalue, in which one and the same of a run with another seed varies
#: much more.
_TOLERANCE = 1e-3
#: Vectors that Lanczos' method keeps, and how often it begins anew from the best of them.
_VECTORS, _RESTARTS = 12, 20


def sharpness(
    network: nn.Module,
    loss: Callable[[torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
    divided_by: Sequence[torch.Tensor | None] = (None,),
) -> list[float]:
    """Return the largest eigenvalue of the Hessian of loss(network(inputs)), NaN if none is found.

    divided_by: diagonals, float64 [weights]; of each the largest eigenvalue is of the Hessian with
    its rows divided by that one, of None it is that of the Hessian itself.
    In evaluation mode, so without dropout and with the normalisation that an evaluation has. The
    weights and their gradients stay as they are.
    """
    network.eval()
    parameters = [p for p in network.parameters() if p.requires_grad]
    # The faster ways to compute attention have no second derivative.
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        gradients = torch.autograd.grad(loss(network(inputs)), parameters, create_graph=True)
        flat = torch.cat([gradient.flatten() for gradient in gradients])

        def product(vector: np.ndarray, scale: np.ndarray | float) -> np.ndarray:
            direction = torch.from_numpy(vector * scale).to(flat)
            # The order of the digits of a vector that the graph is kept for does not matter.
            found = torch.autograd.grad(
                flat, parameters, direction, retain_graph=True, materialize_grads=True
            )
            together = torch.cat([each.flatten() for each in found])
            return together.double().cpu().numpy() * scale

        # With half of it on either side the matrix is symmetric, and has the same eigenvalues.
        scales = [1.0 if each is None else each.rsqrt().numpy() for each in divided_by]
        return [_largest(partial(product, scale=scale), len(flat)) for scale in scales]


def _largest(product: Callable[[np.ndarray], np.ndarray], size: int) -> float:
    """Return the largest eigenvalue of a symmetric matrix, given by its product with vectors."""
    # The same beginning each time, for the same digits.
    start = np.random.default_rng(0).standard_normal(size)
    operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
    try:
        (found,) = eigsh(
            *(operator, 1, None, None, "LA"),
            v0=start,
            ncv=min(size, _VECTORS),
            maxiter=_RESTARTS,
            tol=_TOLERANCE,
            return_eigenvectors=False,
        )
    except ArpackNoConvergence:
        return math.nan
    except (ArpackError, ValueError):  # of numbers that are not finite
        return math.nan
    return float(found)


def threshold(optimizer: dict, rate: float) -> float | None:
    """Return the sharpness above which steps along its direction grow; None where not known.

    Of gradient descent 2/lr, with momentum m (2 + 2m)/lr, with Nesterov's (2 + 2m)/((1 + 2m) lr)
    (Cohen et al. 2021, of a full batch). Coupled weight decay is part of what is minimised, so it
    is taken off. Optimizers that scale each coordinate have another threshold, of another matrix:
    see preconditioner.bears.
    optimizer: the configuration's. rate: the learning rate of the step.
    """
    if optimizer["name"] != "sgd" or optimizer.get("dampening") or rate <= 0:
        return None
    momentum = optimizer.get("momentum", 0.0)
    slower = 1 + 2 * momentum if optimizer.get("nesterov") else 1
    return (2 + 2 * momentum) / (slower * rate) - optimizer.get("weight_decay", 0.0)
