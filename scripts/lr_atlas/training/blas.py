"""The libraries that multiply matrices for the compiled steps: SciPy's BLAS, and torch's MKL."""

import ctypes
import re
from pathlib import Path
from typing import NamedTuple

import threadpoolctl
import torch

#: OpenBLAS's kernels for processors without AVX-512. There the products of a step of 100 images
#: take 11 % less time with MKL. With AVX-512 it is 3 %, and a step of 10 images takes 6 % more.
_SLOWER_THAN_MKL = ("Haswell", "Zen")


class Mkl(NamedTuple):
    """Intel's library, which is part of torch's own."""

    version: str
    sgemm: int  # where that function of it is, an address in this process


def use_threads(threads: int) -> None:
    """Let torch and the libraries that are loaded use this many threads from now on."""
    torch.set_num_threads(threads)
    threadpoolctl.threadpool_limits(threads)


def blas_version() -> str:
    """Return such as "openblas 0.3.30 SkylakeX": the library, and the processor it computes for.

    OpenBLAS chooses by the processor, unless the environment has OPENBLAS_CORETYPE; other kernels
    give other last digits. Where MKL helps: "openblas 0.3.30 Haswell and mkl 2024.2".
    """
    mkl = helping_mkl()
    return " and ".join([_scipys_blas(), *([f"mkl {mkl.version}"] if mkl else [])])


def helping_mkl() -> Mkl | None:
    """Return the MKL that takes products from SciPy's BLAS; None where that one is fast enough."""
    return torchs_mkl() if _scipys_blas().endswith(_SLOWER_THAN_MKL) else None


def torchs_mkl() -> Mkl | None:
    """Return the MKL that torch's library hands out; None for a torch that has or shows none."""
    path = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    try:
        library = ctypes.CDLL(str(path))
        address = ctypes.cast(library.sgemm_, ctypes.c_void_p).value
        text = ctypes.create_string_buffer(200)
        library.MKL_Get_Version_String(text, len(text))
    except (OSError, AttributeError):
        return None
    version = re.search(r"Version ([\d.]+)", text.value.decode())
    return Mkl(version[1], address) if version and address else None


def _scipys_blas() -> str:
    import scipy.linalg.cython_blas  # noqa: F401, it loads that library

    found = [
        " ".join(str(library[key]) for key in ("internal_api", "version", "architecture"))
        for library in threadpoolctl.threadpool_info()
        # NumPy's wheels bring one of their own.
        if library["user_api"] == "blas" and "numpy.libs" not in library["filepath"]
    ]
    return found[0] if found else "unknown"
