"""The types that several packages share: the strict model of configuration, bounded numbers, and arrays."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Integers: TypeAlias = NDArray[np.int64]
    Booleans: TypeAlias = NDArray[np.bool_]
    Dates: TypeAlias = NDArray[np.datetime64]

Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""A share of a whole, 0 and 1 included."""
OpenFraction = Annotated[float, Field(gt=0, lt=1)]
"""A share of a whole that is neither none nor all of it, such as a confidence level."""
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
PositiveInt = Annotated[int, Field(ge=1)]


class StrictModel(BaseModel):
    """A frozen pydantic model that refuses unknown fields, so that a mistyped setting cannot go unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def __getattr__(name: str) -> Any:
    """Return an array type, importing numpy only for a module that asks: ingest never pays for it (PEP 562)."""
    element = {"Floats": "float64", "Integers": "int64", "Booleans": "bool_", "Dates": "datetime64"}.get(name)
    if element is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import numpy as np  # noqa: PLC0415 - 85 ms that only the modules with arrays may cost
    from numpy.typing import NDArray  # noqa: PLC0415

    return NDArray[getattr(np, element)]  # type: ignore[misc]
