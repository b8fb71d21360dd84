"""The library that multiplies matrices for the compiled steps: the BLAS that comes with SciPy."""

import threadpoolctl
import torch


def use_threads(threads: int) -> None:
    """Let torch and the libraries that are loaded use this many threads from now on."""
    torch.set_num_threads(threads)
    threadpoolctl.threadpool_limits(threads)


def blas_version() -> str:
    """Such as "openblas 0.3.30 SkylakeX": the library, and the processor that it computes for.

    OpenBLAS chooses by the processor, unless the environment has OPENBLAS_CORETYPE; other kernels
    give other last digits.
    """
    import scipy.linalg.cython_blas  # noqa: F401, it loads that library

    found = [
        " ".join(str(library[key]) for key in ("internal_api", "version", "architecture"))
        for library in threadpoolctl.threadpool_info()
        # NumPy's wheels bring one of their own.
        if library["user_api"] == "blas" and "numpy.libs" not in library["filepath"]
    ]
    return found[0] if found else "unknown"
