"""Puts models into memory as the planner decides, and accounts for what was promised to whom.

A plan is made of one look at the machine and committed in the same turn of the loop, so that two pieces of work can't
both count on the same memory. Then what it waits for, what it unloads and what it loads happen in that order.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

from msgspec.structs import replace

from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler, Step
from ddesk.app.machine import Loaded, Machine
from ddesk.app.memory_account import planned_event
from ddesk.app.memory_words import no_room, told
from ddesk.app.wanted import Wanted
from ddesk.app.worker_link import Update, WorkCancelledError, WorkerLink, WorkerLostError, WorkFailedError
from ddesk.domain import conservative
from ddesk.domain.commitments import Commitment, Snapshot, commit, release, report, unloaded
from ddesk.domain.estimates import Estimates
from ddesk.domain.memory import Mitigation
from ddesk.domain.memory_story import RecordMemory, memory_story
from ddesk.domain.needs import Alternative
from ddesk.domain.placement import Plan, Situation, commitment, first_that_fits, plan
from ddesk.domain.prewarm import prewarm
from ddesk.domain.residents import Unload
from ddesk.events.envelope import Origin
from ddesk.events.ids import new_id
from ddesk.events.memory import MemoryPlanned
from ddesk.protocol.messages import LoadModel, UnloadModel, UnloadReason

PREFIX = "memory-"
PER_PICTURE = frozenset({"vae_tiling"})
"""The mitigations that each picture has of its own."""
_WHEN_LOADED = frozenset({"text_encoders_on_cpu", "vae_on_cpu", "weights_in_ram"})
"""Those that the engine is told when it loads a model. A segmented graph is told by what it may use."""


class DoesNotFit(WorkFailedError):
    """There is no room for it, whatever gives. Nothing was unloaded for it."""

    def __init__(self, refused: Plan) -> None:
        super().__init__("does_not_fit", no_room(refused))


class Planner:
    """`changed` is set whenever memory was given back, or a promise of some is over."""

    def __init__(
        self,
        machine: Machine,
        links: Mapping[str, WorkerLink],
        estimates: Estimates,
        handler: Handler,
        feed: Feed,
    ) -> None:
        self.machine = machine
        self.changed = asyncio.Event()
        self.commitments: tuple[Commitment, ...] = ()
        self._links = links
        self._estimates = estimates
        self._handler = handler
        self._feed = feed
        self._turns = {owner: asyncio.Lock() for owner in links}
        self._told: dict[str, tuple[Mitigation, ...]] = {}
        self._has_its_model: set[str] = set()
        self._leaving: list[str] = []

    def link(self, owner: str) -> WorkerLink:
        return self._links[owner]

    @property
    def busy(self) -> frozenset[str]:
        """The workers at work: theirs is the memory that they were promised."""
        return frozenset(each.owner for each in self.commitments)

    def is_free(self, owner: str) -> bool:
        return not self._turns[owner].locked()

    def snapshot(self) -> Snapshot:
        for owner in self._has_its_model:
            device, held_mb = self.machine.held(owner)
            self.commitments = report(self.commitments, owner, device, held_mb)
        return self.machine.snapshot(self.commitments, self.busy)

    def foresee(self, wanted: Wanted) -> Plan:
        """What would be decided now; nothing comes of it."""
        return self._decide(wanted, self.snapshot())

    def fits_beside(self, wanted: Wanted) -> bool:
        """Whether it could be loaded now and take nothing from anyone."""
        situation = self._situation(wanted, self.snapshot(), self.machine.backend(wanted.owner))
        return prewarm(situation) is not None

    def would_fit_after_all(self, wanted: Wanted) -> Alternative | None:
        """Something smaller, where what was predicted proved to be too little."""
        backend = self.machine.backend(wanted.owner)
        situation = self._situation(wanted, self.snapshot(), backend)
        return conservative.would_fit(situation, wanted.smaller(backend), self._estimates.retry)

    # A piece of work -----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def room_for(
        self,
        wanted: Wanted,
        duty: Duty,
        origin: Callable[[], Origin],
        check: Callable[[], None] = lambda: None,
        update: Update | None = None,
    ) -> AsyncIterator[Plan]:
        """With the model in memory as planned; the worker is the caller's own until the block ends.

        `check` is called before each step, and raises where the work isn't wanted any more; a full disk is waited out
        by the `duty` whose work it is. Raises DoesNotFit, and what `WorkerLink.do` does.
        """
        async with self._turns[wanted.owner]:
            made = await self._admit(wanted, duty, origin, check)
            try:
                await self._carry_out(made, wanted, check, update)
                yield made
            finally:
                self._release(wanted.owner)

    async def _admit(self, wanted: Wanted, duty: Duty, origin: Callable[[], Origin], check: Callable[[], None]) -> Plan:
        """The plan, committed; waits where it would fit once others' work is over."""
        while True:
            await self._until(lambda: wanted.owner not in self._leaving)
            check()
            snapshot = self.snapshot()
            made = self._decide(wanted, snapshot)
            if made.fits:
                self._commit(commitment(made, snapshot))
                break
            if not self._would_fit_later(wanted, snapshot):
                break
            self.changed.clear()
            await self.changed.wait()
        try:
            event = planned_event(made, wanted, self.machine)
            step = Step(PREFIX + wanted.owner, memory_story, RecordMemory(event))
            await duty.outlast(partial(self._handler.handle, origin(), step))
        except BaseException:
            self._release(wanted.owner)
            raise
        if not made.fits:
            raise DoesNotFit(made)
        self._tell(event, made)
        return made

    def _decide(self, wanted: Wanted, snapshot: Snapshot) -> Plan:
        backend = self.machine.backend(wanted.owner)
        situation = self._situation(wanted, snapshot, backend)
        first = plan(situation, wanted.smaller(backend))
        if not first.fits:
            return replace(
                first, would_fit=_either(first.would_fit, first_that_fits(situation, wanted.others(backend)))
            )
        return (wanted.ran_out and conservative.retry(situation, first, self._estimates.retry)) or first

    def _situation(self, wanted: Wanted, snapshot: Snapshot, backend: str) -> Situation:
        return Situation(
            snapshot=self._as_it_differs(wanted, snapshot),
            owner=wanted.owner,
            preset_id=wanted.preset_id,
            need=wanted.need(backend),
            costs=self._estimates.costs,
            chosen=wanted.chosen,
        )

    def _as_it_differs(self, wanted: Wanted, snapshot: Snapshot) -> Snapshot:
        """A model of the same preset that was loaded before its files were others is none that could be used."""
        held = self.machine.model_of(wanted.owner)
        if held is None or held.preset_id != wanted.preset_id or held.model == wanted.model:
            return snapshot
        residents = [replace(each, preset_id="") if each.owner == wanted.owner else each for each in snapshot.residents]
        return replace(snapshot, residents=tuple(residents))

    def _would_fit_later(self, wanted: Wanted, snapshot: Snapshot) -> bool:
        others = [each.owner for each in snapshot.commitments if each.owner != wanted.owner]
        if not others:
            return False
        alone = replace(
            snapshot,
            commitments=(),
            residents=tuple(replace(each, busy=False) for each in snapshot.residents),
        )
        return self._decide(wanted, alone).fits

    async def _carry_out(self, made: Plan, wanted: Wanted, check: Callable[[], None], update: Update | None) -> None:
        owner = wanted.owner
        for unload in made.awaits:
            if unload.owner == owner:
                await self.unload(unload, "memory")
        for unload in made.unloads:
            check()
            await self.unload(unload, "memory")
        await self._see_off(owner)
        if made.reload:
            check()
            await self._load(made, wanted, update)
        self._has_its_model.add(owner)

    async def _see_off(self, owner: str) -> None:
        """Until all that has to go for this worker's work is gone, also where whoever began that has given up."""
        while going := self._going_for(owner):
            others = {unload.owner for each in release(self.commitments, owner) for unload in each.unloads}
            if left := [unload for unload in going if unload.owner not in others]:
                await self.unload(left[0], "memory")
            else:
                self.changed.clear()
                await self.changed.wait()

    def _going_for(self, owner: str) -> Sequence[Unload]:
        return [unload for each in self.commitments if each.owner == owner for unload in each.unloads]

    async def _until(self, so: Callable[[], bool]) -> None:
        while not so():
            self.changed.clear()
            await self.changed.wait()

    async def _load(self, made: Plan, wanted: Wanted, update: Update | None) -> None:
        owner = wanted.owner
        self.machine.loaded(owner, None)
        options = (*wanted.model.options, *(each for each in made.mitigations if each in _WHEN_LOADED))
        model = replace(wanted.model, options=options, max_vram_mb=made.max_vram_mb or 0.0)
        await self._links[owner].do(LoadModel(work_id=f"load-{wanted.generation_id or new_id()}", model=model), update)
        context = made.need.context_mb if "weights_in_ram" not in made.mitigations else 0.0
        self.machine.loaded(owner, Loaded(model=wanted.model, mitigations=made.mitigations, context_mb=context))

    def _commit(self, promised: Commitment) -> None:
        self._has_its_model.discard(promised.owner)
        self.commitments = commit(self.commitments, promised)

    def _release(self, owner: str) -> None:
        self._has_its_model.discard(owner)
        self.commitments = release(self.commitments, owner)
        self.machine.used(owner)
        self.changed.set()

    # Unloading -----------------------------------------------------------------------------------------------------

    async def unload(self, unload: Unload, why: UnloadReason) -> None:
        """Have a worker let its model go; one whose process ends instead has let it go too."""
        link = self._links[unload.owner]
        work = UnloadModel(work_id=f"unload-{new_id()}", depth=unload.depth, why=why)
        self._leaving.append(unload.owner)
        try:
            if link.is_up:
                await link.do(work)
        except (WorkerLostError, WorkCancelledError):
            pass
        finally:
            self._leaving.remove(unload.owner)
            self._let_go(unload)

    def _let_go(self, done: Unload) -> None:
        held = self.machine.model_of(done.owner)
        self.machine.loaded(done.owner, replace(held, context_mb=0.0) if held and done.depth == "soft" else None)
        self.commitments = unloaded(self.commitments, done)
        self.changed.set()

    def gone(self, owner: str) -> None:
        """Its process has ended, and its memory is free."""
        self._has_its_model.discard(owner)
        self._let_go(Unload(owner, "hard"))

    # What is told --------------------------------------------------------------------------------------------------

    def _tell(self, event: MemoryPlanned, made: Plan) -> None:
        changed = made.mitigations != self._told.get(made.owner, ())
        self._told[made.owner] = made.mitigations
        if alert := told(event, mitigations_changed=changed):
            self._feed.notice(alert)


def _either(one: Alternative | None, other: Alternative | None) -> Alternative | None:
    if one is None or other is None:
        return one or other
    return replace(one, name=f"{one.name}, or {other.name},")
