"""Small dense linear algebra in plain Python, for a handful of unknowns where importing numpy would cost more."""

from collections.abc import Sequence

Matrix = list[list[float]]


def inverse(matrix: Sequence[Sequence[float]]) -> Matrix:
    """Return the inverse of a symmetric positive definite matrix by Gauss-Jordan elimination.

    Raises:
        ZeroDivisionError: the matrix is singular.
    """
    size = len(matrix)
    rows = [[*map(float, row), *(float(i == k) for k in range(size))] for i, row in enumerate(matrix)]
    for pivot in range(size):
        scale = rows[pivot][pivot]
        rows[pivot] = [value / scale for value in rows[pivot]]
        for other in range(size):
            if other != pivot and rows[other][pivot]:
                factor = rows[other][pivot]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[pivot], strict=True)]
    return [row[size:] for row in rows]


def times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """Return the matrix times the vector."""
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]
