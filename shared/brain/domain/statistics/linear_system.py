"""Small dense linear algebra in plain Python, for a handful of unknowns where importing numpy would cost more."""

from collections.abc import Sequence

Matrix = list[list[float]]


def invert(matrix: Sequence[Sequence[float]]) -> Matrix:
    """Return the inverse of a symmetric positive definite matrix by Gauss-Jordan elimination.

    Raises:
        ZeroDivisionError: The matrix is singular.

    Example:
        >>> invert([[2.0, 0.0], [0.0, 4.0]])
        [[0.5, 0.0], [0.0, 0.25]]
    """
    size = len(matrix)
    rows = [[*map(float, row), *(float(i == k) for k in range(size))] for i, row in enumerate(matrix)]
    for pivot in range(size):
        scale = rows[pivot][pivot]
        rows[pivot] = [cell / scale for cell in rows[pivot]]
        for other in range(size):
            if other != pivot and rows[other][pivot]:
                factor = rows[other][pivot]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[pivot], strict=True)]
    return [row[size:] for row in rows]


def multiply(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """Return the product of a matrix and a vector.

    Example:
        >>> multiply([[1.0, 2.0], [0.0, 1.0]], [3.0, 4.0])
        [11.0, 4.0]
    """
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]
