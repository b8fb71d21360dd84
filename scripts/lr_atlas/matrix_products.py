"""The two large matrix products of a layer, by whichever of torch's libraries is faster.

torch computes float32 products with MKL. On AMD processors the oneDNN that comes with torch is
about twice as fast for large ones and slower for small ones, in float32 too: the largest errors
against float64, relative to the largest element, were 1.1e-6 with it and 5e-7 with MKL. torch has
no public way to choose, hence the operator of its compiler here; without oneDNN all products are
torch's ordinary ones.
"""

import torch

#: Multiply-adds from which oneDNN was the faster one (measured on an AMD EPYC: 100 x 784 x 128
#: takes 128 against 237 microseconds, 10 x 784 x 128 takes 42 against 40).
_LARGE = 2_000_000

_HAS_ONEDNN = torch.backends.mkldnn.is_available() and hasattr(
    torch.ops.mkldnn, "_linear_pointwise"
)


def affine(inputs: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Return inputs @ weight.T + bias: [n, in], [out, in], [out] -> [n, out], without autograd."""
    if _is_for_onednn(inputs, weight.shape[0]):
        return torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, "none", [], "")
    return torch.addmm(bias, inputs, weight.t())


def weight_gradient(gradient: torch.Tensor, inputs: torch.Tensor, out: torch.Tensor) -> None:
    """Write gradient.T @ inputs to `out`; [n, out], [n, in] -> [out, in]."""
    if _is_for_onednn(inputs, gradient.shape[1]):
        out.copy_(
            torch.ops.mkldnn._linear_pointwise(gradient.t(), inputs.t(), None, "none", [], "")
        )
    else:
        torch.mm(gradient.t(), inputs, out=out)


def _is_for_onednn(inputs: torch.Tensor, outputs: int) -> bool:
    return (
        _HAS_ONEDNN
        and inputs.numel() * outputs >= _LARGE
        and inputs.dtype == torch.float32
        and inputs.device.type == "cpu"
    )
