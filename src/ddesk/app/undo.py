"""Undo: of a whole command, of a job with all that it did, of all that was done on one account.

What is few is undone at once, in one transaction; what is many by a job, in chunks, which goes on after a kill. The
undo is itself made of events, so it can be undone.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ddesk import settings as settings_file
from ddesk.app.duty import Duty
from ddesk.app.handle import Handler, Step
from ddesk.app.undo_plan import Plan
from ddesk.domain.job import AdvanceJob, EnqueueJob, Job, job
from ddesk.domain.queue import Waiting
from ddesk.domain.undo import MANY, verdict
from ddesk.errors import Conflict, NotFound
from ddesk.events.envelope import Origin, Recorded
from ddesk.events.ids import new_id
from ddesk.events.job import JobEnqueued
from ddesk.events.settings import SettingChanged
from ddesk.projections import jobs
from ddesk.store.log_reader import LogReader
from ddesk.store.records import Append, Appended

CHUNK = 1_000
"""Events undone in one transaction, where that is not less than one command's."""

_EVENTS_AT_A_STRETCH = 64
_MOST_FIELDS = 100
"""As many as a refusal names: nobody reads more, and there may be a hundred thousand."""

Scope = Callable[[], Sequence[Appended]]
"""The commands that are to be undone, newest first, as the log has them now."""


class Undone(Struct, frozen=True):
    """`undone` are the events that were; `position` is where the undo's own begin, None where nothing was left to do.

    Where they are many, `job` is the one that does it.
    """

    position: int | None = None
    undone: tuple[Recorded, ...] = ()
    job: str | None = None


class Undo:
    """`waiting` is the dispatcher's; `settings` is the file that a change of a setting is written to."""

    def __init__(self, handler: Handler, reader: LogReader, waiting: Waiting, settings: Path) -> None:
        self._handler = handler
        self._reader = reader
        self._waiting = waiting
        self._settings = settings

    async def event(self, origin: Origin, position: int, *, force: bool = False) -> Undone:
        """Undo the whole command of this event; where it is of a job for many things, all that the job did.

        Raises NotFound; Conflict `cannot_undo` for what can't be undone, and `undo_superseded` where fields were
        changed since, unless it is forced.
        """
        found = self._at(position)
        if found is None:
            raise NotFound("no_such_event", f"The log has no event {position}.", "Look at the list of events.")
        command = self._command_of(found)
        job_stream = self._job_of(command, found.correlation_id)
        scope = partial(self._commands_of_job, job_stream) if job_stream else lambda: [command]
        origin = replace(origin, causation=position)
        return await self._undo(origin, scope, force=force, why_not=verdict(found.event).why_not)

    async def account(
        self, origin: Origin, correlation_id: str, actor: str | None = None, *, force: bool = False
    ) -> Undone:
        """Undo all that people and programs, or one of them, did under this correlation id. Raises as `event` does."""
        scope = partial(self._reader.commands_under, correlation_id, actor)
        commands = scope()
        if not commands:
            raise NotFound("no_such_correlation", "Nobody did anything under this id.", "Look at the list of events.")
        origin = replace(origin, causation=commands[-1].first)
        why_not = next(verdict(each.event).why_not for each in self._newest_first(commands[-1]))
        return await self._undo(origin, scope, force=force, why_not=why_not)

    def _at(self, position: int) -> Recorded | None:
        return self._reader.at([position]).get(position)

    def _command_of(self, found: Recorded) -> Appended:
        known = self._reader.command(found.command_id)
        return Appended(known.first, known.last) if known else Appended(found.position, found.position)

    def _job_of(self, command: Appended, correlation_id: str) -> str | None:
        """The stream of the job for many things that this command is a part of."""
        told_of = {each.stream for each in self._newest_first(command)}
        for stream in (each for each in told_of if each.startswith(jobs.PREFIX)):
            first = self._handler.first(stream)
            if first.correlation_id == correlation_id and _is_for_many(first):
                return stream
        return None

    def _commands_of_job(self, stream: str) -> list[Appended]:
        """Its chunks and its request, and not what others did with the job."""
        story = self._reader.stream(stream)
        own = [each for each in story if each.correlation_id == story[0].correlation_id and each.actor != "desk"]
        return [self._command_of(each) for each in reversed(own)]

    async def _undo(self, origin: Origin, scope: Scope, *, force: bool, why_not: str) -> Undone:
        if done := self._reader.command(origin.command_id):
            return self._answer(done)
        if _size(commands := scope()) > CHUNK:
            await self._look_ahead(origin, commands, force=force, why_not=why_not)
        plan = self._plan(origin, force=force)

        def planned() -> Append | None:
            nonlocal plan
            plan = self._planned(origin, scope, force=force, why_not=why_not)
            return self._append(origin, plan)

        done = await self._handler.settle(origin, planned)
        return self._answer(done, plan.undone) if done else Undone()

    def _plan(self, origin: Origin, *, force: bool) -> Plan:
        reader = self._reader
        return Plan(reader.stream, self._waiting, is_forgotten=reader.is_forgotten, actor=origin.actor, force=force)

    async def _look_ahead(self, origin: Origin, commands: Sequence[Appended], *, force: bool, why_not: str) -> None:
        """What a job would meet is refused before there is one; the loop goes on meanwhile."""
        plan = self._plan(origin, force=force)
        for recorded in (each for command in commands for each in self._newest_first(command)):
            plan.undo(recorded)
            if recorded.position % _EVENTS_AT_A_STRETCH == 0:
                await asyncio.sleep(0)
        _check(plan, why_not)

    def _planned(self, origin: Origin, scope: Scope, *, force: bool, why_not: str) -> Plan:
        """As of one moment: a job that is still at work adds to the scope until it is planned to be stopped."""
        while True:
            commands, plan = scope(), self._plan(origin, force=force)
            if _size(commands) > CHUNK:
                self._hand_on(plan, commands)
            else:
                for command in commands:
                    self._undo_command(plan, command)
                _check(plan, why_not)
            if scope() == commands:
                return plan

    def _undo_command(self, plan: Plan, command: Appended) -> None:
        for recorded in self._newest_first(command):
            plan.undo(recorded)

    def _newest_first(self, command: Appended) -> list[Recorded]:
        return list(self._reader.read(command.first - 1, command.last))[::-1]

    def _hand_on(self, plan: Plan, commands: Sequence[Appended]) -> None:
        """To a job. Jobs that are to be undone are stopped at once, lest they go on meanwhile."""
        subjects = []
        for command in commands:
            if (last := self._at(command.last)) and _is_for_many(last):
                self._undo_command(plan, command)
            else:
                subjects.append(str(command.first))
        request = JobEnqueued(kind="undo", subjects=tuple(subjects), action="force" if plan.force else "")
        plan.do(jobs.PREFIX + new_id(), EnqueueJob(request))

    def _append(self, origin: Origin, plan: Plan) -> Append | None:
        """The settings' file goes before the event, as always."""
        for new in plan.events:
            if isinstance(new.event, SettingChanged):
                settings_file.change(self._settings, new.event.key, msgspec.json.decode(new.event.new))
        if not plan.events:
            return None
        return Append(origin=origin, expected=plan.expected, events=tuple(plan.events))

    def _answer(self, done: Appended, undone: Sequence[Recorded] = ()) -> Undone:
        last = self._at(done.last)
        handed_on = last is not None and isinstance(last.event, JobEnqueued)
        job_id = last.stream.removeprefix(jobs.PREFIX) if last and handed_on else None
        return Undone(done.first, tuple(undone), job_id)

    async def make(self, duty: Duty, job_id: str, request: JobEnqueued) -> Sequence[Step]:
        """Do such a job, from where it is. On a full disk the `duty` waits until there is room."""
        stream = jobs.PREFIX + job_id
        asked, state = self._handler.first(stream), self._handler.state(stream, job)
        assert isinstance(state, Job)
        done: int = state.done
        while done < len(request.subjects):
            commands = self._chunk(request.subjects[done:])
            origin = Origin(
                command_id=f"{job_id}-{done}",
                correlation_id=asked.correlation_id,
                actor=asked.actor,
                causation=commands[0].first,
            )
            done += len(commands)
            plan = partial(self._chunk_plan, origin, stream, done, commands, force=request.action == "force")
            if await duty.outlast(partial(self._handler.settle, origin, plan)) is None:
                break  # it was cancelled
            await asyncio.sleep(0)
        return []

    def _chunk(self, subjects: Sequence[str]) -> list[Appended]:
        commands: list[Appended] = []
        for position in subjects:
            found = self._at(int(position))
            assert found is not None
            command = self._command_of(found)
            if commands and _size([*commands, command]) > CHUNK:
                break
            commands.append(command)
        return commands

    def _chunk_plan(
        self, origin: Origin, stream: str, done: int, commands: Sequence[Appended], *, force: bool
    ) -> Append | None:
        plan = self._plan(origin, force=force)
        plan.do(stream, AdvanceJob(done))
        if plan.events:
            for command in commands:
                self._undo_command(plan, command)
        return self._append(origin, plan)


def _is_for_many(recorded: Recorded) -> bool:
    return isinstance(recorded.event, JobEnqueued) and recorded.event.kind in MANY


def _size(commands: Sequence[Appended]) -> int:
    return sum(each.last - each.first + 1 for each in commands)


def _check(plan: Plan, why_not: str) -> None:
    """Raises Conflict where nothing can be undone, and where that would leave something that was changed since."""
    if not plan.undoable:
        raise Conflict("cannot_undo", why_not, "There is nothing to undo here.")
    if plan.left and not plan.undone and all(each.words for each in plan.left):
        raise Conflict("cannot_undo", plan.left[0].words, "There is nothing to undo any more.")
    if plan.left and not plan.force:
        fields = dict.fromkeys(each.field or each.words for each in plan.left)
        raise Conflict(
            "undo_superseded",
            f"Something was changed since: {', '.join(list(fields)[:5])}. Nothing was undone.",
            "Undo it anyway, which takes back later changes too, or leave it as it is.",
            fields=[msgspec.structs.asdict(each) for each in plan.left[:_MOST_FIELDS]],
        )
