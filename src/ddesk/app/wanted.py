"""What work wants of memory, before it is known whether that is there."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from ddesk.domain.memory import Mitigation, Need
from ddesk.domain.needs import Alternative
from ddesk.events.memory import Purpose
from ddesk.protocol.messages import ModelSpec


class Wanted(Struct, frozen=True, kw_only=True):
    """Work of a worker by a preset's model. `need` is asked when it is planned, of a device's backend; where it doesn't
    fit, so are `smaller`, what needs less of the same model, and `others`, the same by other models.

    `chosen` are mitigations that it has in any case; `ran_out`: memory ran out over it, so more is counted on.
    """

    owner: str
    purpose: Purpose
    preset_id: str
    model: ModelSpec
    need: Callable[[str], Need]
    smaller: Callable[[str], Iterable[Alternative]] = lambda _: ()
    others: Callable[[str], Iterable[Alternative]] = lambda _: ()
    chosen: tuple[Mitigation, ...] = ()
    ran_out: bool = False
    generation_id: str | None = None
    width: int = 0
    height: int = 0
