"""`/api/undo`: taking back what was done."""

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from ddesk.app import undo
from ddesk.domain.undo import verdict
from ddesk.errors import NotFound
from ddesk.server.context import MAX_POSITION, TheDesk, TheOrigin
from ddesk.server.timeline_schemas import Undoable, UndoForce, Undone, UndoneEvent, UndoRequest


class UndoRoutes(Controller):
    path = "/api/undo"
    tags = ("Undo",)

    @get("/{position:int}", operation_id="canUndo", summary="Whether an event can be undone, and if not, why")
    async def can(self, desk: TheDesk, position: FromPath[int]) -> Undoable:
        at = _in_the_log(position)
        found = desk.reader.at([at]).get(at)
        if found is None:
            raise NotFound("no_such_event", f"The log has no event {position}.", "Look at the list of events.")
        said = verdict(found.event)
        return Undoable(said.undoable, said.why_not)

    @post("/{position:int}", status_code=200, operation_id="undo", summary="Undo the whole command of an event")
    async def event(
        self, desk: TheDesk, origin: TheOrigin, position: FromPath[int], data: JSONBody[UndoForce | None] = None
    ) -> Undone:
        force = data is not None and data.force
        return _undone(await desk.undo.event(origin, _in_the_log(position), force=force))

    @post(status_code=200, operation_id="undoAll", summary="Undo all that was done on one account")
    async def account(self, desk: TheDesk, origin: TheOrigin, data: JSONBody[UndoRequest]) -> Undone:
        return _undone(await desk.undo.account(origin, data.correlation_id, data.actor, force=data.force))


def _in_the_log(position: int) -> int:
    return max(0, min(position, MAX_POSITION))


def _undone(found: undo.Undone) -> Undone:
    undone = [UndoneEvent(each.position, each.type, each.stream) for each in found.undone]
    return Undone(position=found.position, undone=undone, job=found.job)
