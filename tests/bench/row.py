"""One line of the table that the benches write."""

from msgspec import Struct


class Row(Struct, frozen=True):
    """What was measured, the figure and its target in words, and whether the one meets the other.

    Without a target `met` is None: the figure is there to be compared with the others.
    """

    name: str
    figure: str
    target: str = ""
    met: bool | None = None
