"""Compiled: products of matrices and other work on whole matrices, by the fastest way there is."""

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401, Numba's products are its; without it they fail late

from lr_atlas.training.steps.compiling import INLINED
from lr_atlas.training.steps.plain_numba import cgutils, intrinsic, ir, njit, types

#: Up to so many rows a product with a large matrix is written out here: 10 x 784 x 128 takes 22
#: microseconds against 40; from 20 rows on BLAS is the faster one.
_FEW_ROWS = 16

#: MKL, where it helps, takes products of fewer rows and at least so many columns. Most of the
#: others take OpenBLAS less time: 500 x 784 x 128 by 4 %, 128 x 784 x 30 by 30 %.
_MANY_ROWS, _MANY_COLUMNS = 256, 64

#: Bytes between the places in memory at which MKL gives the same digits from run to run.
_ALIGNMENT = 64


# ---- Instructions that Numba has no words for ----------------------------------------------------
# Numba passes the first argument, its own, by itself.


@intrinsic
def call_sgemm(_, sgemm, left, right, product):
    """Write left @ right: float32 matrices, of which each, or its transpose, is C-contiguous.

    sgemm: the address of BLAS's function of that name, which expects its arguments by reference
    and takes C's rows for columns, so that it multiplies the transposes in the opposite order.
    """
    byte, int32, float32 = ir.IntType(8), ir.IntType(32), ir.FloatType()

    def generate(context, builder, signature, values):
        def reference(value):
            return cgutils.alloca_once_value(builder, value)

        def parts(kind, value):
            """(whether to transpose, rows, columns, first number, length of a row in memory)."""
            matrix = context.make_array(kind)(context, builder, value)
            shape = cgutils.unpack_tuple(builder, matrix.shape)
            rows, columns = [reference(builder.trunc(length, int32)) for length in shape]
            letter, length = ("N", columns) if kind.layout == "C" else ("T", rows)
            return reference(byte(ord(letter))), rows, columns, matrix.data, length

        left_as, rows, inner, left_data, left_length = parts(left, values[1])
        right_as, _, columns, right_data, right_length = parts(right, values[2])
        _, _, _, product_data, product_length = parts(product, values[3])
        one, zero = reference(float32(1)), reference(float32(0))
        arguments = [
            *(right_as, left_as, columns, rows, inner, one, right_data, right_length),
            *(left_data, left_length, zero, product_data, product_length),
        ]
        function = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t] * len(arguments))
        pointers = [builder.bitcast(argument, cgutils.voidptr_t) for argument in arguments]
        builder.call(builder.inttoptr(values[0], function.as_pointer()), pointers)
        return context.get_dummy_value()

    return types.void(sgemm, left, right, product), generate


@intrinsic
def prefetch(_, matrix, row, column):
    """Have the processor fetch the 64 bytes around that number, which will be needed soon."""

    def generate(context, builder, signature, values):
        array = context.make_array(matrix)(context, builder, values[0])
        place = cgutils.get_item_pointer(context, builder, matrix, array, values[1:])
        int32 = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, int32, int32, int32])
        function = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
        # To read it, soon, as data.
        builder.call(function, [place, int32(0), int32(3), int32(1)])
        return context.get_dummy_value()

    return types.void(matrix, row, column), generate


@njit(**INLINED)
def aligned(count, kind):
    """Return so many numbers, unset, that begin at a multiple of _ALIGNMENT bytes."""
    numbers = np.empty(count + _ALIGNMENT, kind)
    before = -numbers.ctypes.data % _ALIGNMENT // numbers.itemsize
    return numbers[before : before + count]


@njit(**INLINED)
def affine(sgemm, inputs, weight, bias, outputs):
    """Write inputs @ weight.T + bias: [n, in], [out, in], [out] -> [n, out]."""
    if len(inputs) <= _FEW_ROWS and inputs.shape[1] > _FEW_ROWS:
        _product_of_few_rows(inputs, weight, outputs)
    else:
        dot(sgemm, inputs, weight.T, outputs)
    for row in range(len(outputs)):
        for column in range(len(bias)):
            outputs[row, column] += bias[column]


@njit(**INLINED)
def dot(sgemm, left, right, product):
    """Write left @ right with the faster library; a matrix or its transpose is C-contiguous."""
    rows, columns = product.shape
    if sgemm and rows < _MANY_ROWS and columns >= _MANY_COLUMNS:
        call_sgemm(sgemm, left, right, product)  # type: ignore[call-arg]
    else:
        np.dot(left, right, product)


@njit(**INLINED)
def _product_of_few_rows(inputs, weight, outputs):
    """Write inputs @ weight.T, five rows at a time, so that a weight is loaded once for five."""
    rows, zero = len(inputs), outputs.dtype.type(0)
    for column in range(len(weight)):
        w = weight[column]
        for row in range(0, rows - 4, 5):
            a, b, c = inputs[row], inputs[row + 1], inputs[row + 2]
            d, e = inputs[row + 3], inputs[row + 4]
            sum_a = sum_b = sum_c = sum_d = sum_e = zero
            for i in range(len(w)):
                sum_a += w[i] * a[i]
                sum_b += w[i] * b[i]
                sum_c += w[i] * c[i]
                sum_d += w[i] * d[i]
                sum_e += w[i] * e[i]
            outputs[row, column] = sum_a
            outputs[row + 1, column] = sum_b
            outputs[row + 2, column] = sum_c
            outputs[row + 3, column] = sum_d
            outputs[row + 4, column] = sum_e
        for row in range(rows // 5 * 5, rows):
            a, sum_a = inputs[row], zero
            for i in range(len(w)):
                sum_a += w[i] * a[i]
            outputs[row, column] = sum_a


@njit(**INLINED)
def multiply(values, factors):
    """Multiply numbers by others, in place."""
    for i in range(len(values)):
        values[i] *= factors[i]


@njit(**INLINED)
def sum_rows(values, sums):
    """Write the sum over the rows: [n, out] -> [out]."""
    sums[:] = 0
    for row in range(len(values)):
        for column in range(len(sums)):
            sums[column] += values[row, column]
