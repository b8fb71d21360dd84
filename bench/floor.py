"""The least time that a step or an evaluation could take: its matrix products alone.

Each product is timed with every library that is installed here (torch's MKL, torch's oneDNN,
SciPy's BLAS), on one thread, and the fastest counts.
"""

import itertools
import time
from collections.abc import Callable, Sequence

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401, Numba's products are its
import torch
from numba import njit

#: Seconds for which a product is repeated; the fastest of the batches of calls counts.
_SECONDS = 0.05
_CALLS = 5

Product = tuple[int, int, int]  # rows, inner length, columns


def step_products(widths: Sequence[int], rows: int) -> list[Product]:
    """Return the products of a step with so many images: forward, and both gradients."""
    products = []
    for layer, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        products += [(rows, inputs, outputs), (outputs, rows, inputs)]
        if layer:
            products.append((rows, outputs, inputs))
    return products


def evaluation_products(widths: Sequence[int], rows: int) -> list[Product]:
    """Return the products of the network's answers for so many images."""
    return [(rows, inputs, outputs) for inputs, outputs in itertools.pairwise(widths)]


def seconds(products: Sequence[Product]) -> float:
    """Return the seconds of all these products, each by the fastest library."""
    return sum(min(_time(way) for way in _ways(product)) for product in products)


def _ways(product: Product) -> list[Callable[[int], None]]:
    """Return functions that multiply two random float32 matrices so many times."""
    rows, inner, columns = product
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(rows, inner, generator=generator)
    b = torch.randn(columns, inner, generator=generator)
    out = torch.empty(rows, columns)

    def mkl(calls: int) -> None:
        for _ in range(calls):
            torch.mm(a, b.t(), out=out)

    def onednn(calls: int) -> None:
        for _ in range(calls):
            torch.ops.mkldnn._linear_pointwise(a, b, None, "none", [], "")

    def blas(calls: int) -> None:
        _multiply(a.numpy(), b.numpy().T, out.numpy(), calls)

    left, right = a.t().contiguous(), b.t().contiguous()

    def blas_as_gradients_come(calls: int) -> None:
        _multiply(left.numpy().T, right.numpy(), out.numpy(), calls)

    ways = [mkl, blas, blas_as_gradients_come]
    if torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        ways.append(onednn)
    return ways


@njit
def _multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray, calls: int) -> None:
    for _ in range(calls):
        np.dot(a, b, out)


def _time(way: Callable[[int], None]) -> float:
    """Return the seconds of a call, the median over batches of calls."""
    way(1)
    times, end = [], time.perf_counter() + _SECONDS
    while not times or time.perf_counter() < end:
        started = time.perf_counter()
        way(_CALLS)
        times.append((time.perf_counter() - started) / _CALLS)
    return float(np.median(times))
