"""A machine of which only the planner keeps the memory from running out."""

from collections.abc import Iterator
from random import Random

from msgspec.structs import replace

from ddesk.domain.commitments import Commitment, Device, Snapshot, commit, release, report, unloaded
from ddesk.domain.memory import Component, Need, Phase, place
from ddesk.domain.placement import Plan, commitment, plan
from ddesk.domain.residents import Resident, Unload
from tests.domain.machines import OWNERS, image, situation

PROCESS_MB = 100.0
"""Each worker's own."""


class Worker:
    """`running` goes on by one step at a time, and yields where others may do something between."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.weights = self.context = self.compute = self.in_ram = self.used = 0.0
        self.preset = ""
        self.running: Iterator[None] | None = None

    @property
    def on_device(self) -> float:
        return PROCESS_MB + self.weights + self.context + self.compute

    def resident(self) -> Resident:
        return Resident(
            owner=self.owner,
            device="gpu-0",
            mb=self.weights + self.context,
            ram_mb=self.in_ram,
            soft_mb=self.context,
            process_mb=PROCESS_MB,
            last_used=self.used,
            busy=self.running is not None,
            preset_id=self.preset,
        )

    def drop(self, depth: str) -> None:
        self.context = 0.0
        if depth == "hard":
            self.weights = self.in_ram = 0.0
            self.preset = ""


class Machine:
    """`forgetful`: it plans as if nobody else had been promised anything."""

    def __init__(self, random: Random, *, forgetful: bool = False) -> None:
        self.random, self.forgetful = random, forgetful
        self.total, self.ram = random.randint(60, 140) * 100.0, random.randint(0, 120) * 100.0
        self.workers = {owner: Worker(owner) for owner in OWNERS}
        self.commitments: tuple[Commitment, ...] = ()
        self.clock = 0.0

    def snapshot(self) -> Snapshot:
        used = sum(worker.on_device for worker in self.workers.values())
        in_ram = sum(worker.in_ram for worker in self.workers.values())
        if used > self.total or in_ram > self.ram:
            raise MemoryError
        return Snapshot(
            devices=(Device(id="gpu-0", free_mb=self.total - used, total_mb=self.total),),
            ram_free_mb=self.ram - in_ram,
            residents=tuple(worker.resident() for worker in self.workers.values()),
            commitments=self.commitments,
        )

    def happen(self) -> None:
        """One worker starts something, goes on, or its work is cancelled."""
        self.clock += 1
        worker = self.workers[self.random.choice(OWNERS)]
        if worker.running is None:
            self.start(worker)
        elif self.random.randrange(20) == 0:
            self.end(worker)
        else:
            self.step(worker)
        self.snapshot()

    def finish(self) -> None:
        """Everything comes to its end: nobody waits for ever."""
        for _ in range(200):
            for worker in self.workers.values():
                if worker.running:
                    self.step(worker)
                    self.snapshot()

    def start(self, worker: Worker) -> None:
        preset, need = self.work(worker.owner)
        seen = self.snapshot()
        decided = plan(situation(seen, need, worker.owner))
        if decided.fits:
            promised = commitment(decided, seen)
            if not self.forgetful:
                self.commitments = commit(self.commitments, promised)
            worker.running = self.run(worker, preset, need, decided, promised)

    def work(self, owner: str) -> tuple[str, Need]:
        """An image or a language model of any size."""
        tenth = self.random.randint(1, 9)
        if owner in ("image", "upscale"):
            whole = image()
            phases = tuple(replace(each, compute_mb=each.compute_mb * tenth / 10) for each in whole.phases)
            return "pictures", Need(weights_mb=whole.weights_mb, phases=phases, process_mb=PROCESS_MB)
        answer = Phase(name="answering", component="language", compute_mb=100.0 * tenth)
        weights_mb: dict[Component, float] = {"language": 1000.0 * self.random.randint(1, 5)}
        need = Need(weights_mb=weights_mb, context_mb=200.0 * tenth, phases=(answer,), process_mb=PROCESS_MB)
        return "chat", need

    def step(self, worker: Worker) -> None:
        assert worker.running
        try:
            next(worker.running)
        except StopIteration:
            self.end(worker)

    def end(self, worker: Worker) -> None:
        worker.running, worker.compute, worker.used = None, 0.0, self.clock
        self.commitments = release(self.commitments, worker.owner)

    def run(self, worker: Worker, preset: str, need: Need, decided: Plan, promised: Commitment) -> Iterator[None]:
        for unload in (*decided.awaits, *decided.unloads):
            while self.waits(worker, unload):
                yield
        worker.drop("hard")
        yield
        resident = sum(mb for part, mb in need.weights_mb.items() if place(part, decided.mitigations) == "device")
        in_ram = sum(need.weights_mb.values()) - resident
        for part in (1, 2):
            worker.weights, worker.in_ram = resident * part / 2, in_ram * part / 2
            self.reported(worker)
            yield
        if place("language", decided.mitigations) == "device":
            worker.context = need.context_mb
        worker.preset = preset
        for part in (1, 2):
            worker.compute = (promised.mb - PROCESS_MB - worker.weights - worker.context) * part / 2
            worker.in_ram = in_ram + (promised.ram_mb - in_ram) * part / 2
            self.reported(worker)
            yield
        worker.in_ram = in_ram

    def reported(self, worker: Worker) -> None:
        held = self.commitments, worker.owner, "gpu-0"
        self.commitments = report(*held, held_mb=worker.on_device, held_ram_mb=worker.in_ram)

    def waits(self, worker: Worker, wanted: Unload) -> bool:
        """Unloads at once whoever is idle. Who has begun anew since does it by itself, before all else."""
        going = self.workers[wanted.owner]
        if going.running is None or going is worker:
            going.drop(wanted.depth)
            self.commitments = unloaded(self.commitments, wanted)
        return any(each.owner == worker.owner and wanted in each.unloads for each in self.commitments)
