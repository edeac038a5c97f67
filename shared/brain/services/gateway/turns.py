"""Work on many elements on the event loop, with other requests' work between them."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

_Element = TypeVar("_Element")
_Outcome = TypeVar("_Outcome")
_ELEMENTS_PER_TURN: Final = 8  # of up to 100 KB: about ten milliseconds


async def apply_in_turns(function: Callable[[_Element], _Outcome], elements: Iterable[_Element]) -> list[_Outcome]:
    """Return what ``function`` returns for each element, in their order."""
    outcomes: list[_Outcome] = []
    for index, element in enumerate(elements, start=1):
        outcomes.append(function(element))
        if index % _ELEMENTS_PER_TURN == 0:
            await asyncio.sleep(0)
    return outcomes
