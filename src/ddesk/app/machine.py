"""The machine as the memory planner sees it: its device, and what each worker holds of it now."""

from collections.abc import Callable, Sequence

import psutil
from msgspec import Struct
from msgspec.structs import replace

from ddesk.app.memory import DeviceMemory, device_memory
from ddesk.domain.commitments import Commitment, Device, Snapshot
from ddesk.domain.memory import MIB, Mitigation
from ddesk.domain.residents import RAM, Resident
from ddesk.protocol.messages import ModelSpec
from ddesk.supervision.notices import WorkerStatus


class Loaded(Struct, frozen=True, kw_only=True):
    """A model that a worker was given: from what `model` its preset named then, how, and how much of it is a context
    that can be dropped, in MiB.
    """

    model: ModelSpec
    mitigations: tuple[Mitigation, ...] = ()
    context_mb: float = 0.0

    @property
    def preset_id(self) -> str:
        return self.model.preset_id


class _Bare(Struct, frozen=True):
    """What a process took before it had a model, in MiB, on its device and in RAM."""

    pid: int | None
    allocated_mb: float
    rss_mb: float


class Machine:
    """`statuses` are the workers' own reports; what they can't tell, how a model was loaded and when it was last used,
    is told here. With `simulated_mb` the device is as large as that, and only the workers use it.
    """

    def __init__(
        self,
        statuses: Callable[[], Sequence[WorkerStatus]],
        clock: Callable[[], float],
        simulated_mb: float | None = None,
    ) -> None:
        self._statuses = statuses
        self._clock = clock
        self._simulated_mb = simulated_mb
        self._loaded: dict[str, Loaded] = {}
        self._used: dict[str, float] = {}
        self._bare: dict[str, _Bare] = {}

    @property
    def is_simulated(self) -> bool:
        return self._simulated_mb is not None

    def loaded(self, owner: str, loaded: Loaded | None) -> None:
        """As its worker has told."""
        if loaded is None:
            self._loaded.pop(owner, None)
        else:
            self._loaded[owner] = loaded
        self.used(owner)

    def used(self, owner: str) -> None:
        self._used[owner] = self._clock()

    def model_of(self, owner: str) -> Loaded | None:
        return self._loaded.get(owner)

    def backend(self, owner: str) -> str:
        """Of its engine, as footprints name it."""
        found = next((each.backend.lower() for each in self._statuses() if each.worker == owner), "")
        return found or RAM

    def memory(self) -> DeviceMemory:
        """The device, as large as it is taken to be."""
        real = device_memory(self._statuses())
        if self._simulated_mb is None:
            return real
        free_mb = max(self._simulated_mb - real.allocated_mb, 0.0)
        return replace(real, free_mb=free_mb, total_mb=self._simulated_mb)

    def snapshot(self, commitments: Sequence[Commitment] = (), busy: frozenset[str] = frozenset()) -> Snapshot:
        """`busy` are the workers at work, whose models can't go."""
        memory = self.memory()
        device = Device(id=memory.device, free_mb=memory.free_mb, total_mb=memory.total_mb)
        residents = [self._resident(each, busy) for each in self._statuses() if each.memory and each.pid]
        return Snapshot(
            devices=(device,),
            ram_free_mb=psutil.virtual_memory().available / MIB,
            residents=tuple(residents),
            commitments=tuple(commitments),
        )

    def held(self, owner: str) -> tuple[str, float]:
        """The device that a worker reports of, and what it has there now, in MiB."""
        report = next((each.memory for each in self._statuses() if each.worker == owner and each.memory), None)
        return (report.device, report.allocated_mb) if report else (RAM, 0.0)

    def _resident(self, status: WorkerStatus, busy: frozenset[str]) -> Resident:
        assert status.memory is not None
        owner, memory = status.worker, status.memory
        loaded, bare = self._loaded.get(owner), self._bare_of(status)
        mb = max(memory.allocated_mb - bare.allocated_mb, 0.0) if loaded else 0.0
        beside = max(memory.rss_mb - bare.rss_mb, 0.0) if loaded and memory.device != RAM else 0.0
        return Resident(
            owner=owner,
            device=memory.device,
            mb=mb,
            ram_mb=beside,
            soft_mb=min(loaded.context_mb, mb) if loaded else 0.0,
            process_mb=memory.allocated_mb - mb,
            last_used=self._used.get(owner, 0.0),
            busy=owner in busy,
            preset_id=loaded.preset_id if loaded else "",
            mitigations=loaded.mitigations if loaded else (),
        )

    def _bare_of(self, status: WorkerStatus) -> _Bare:
        """By its last report without a model; of a process that was never seen so, nothing is known."""
        assert status.memory is not None
        known = self._bare.get(status.worker)
        if status.model_loaded is None and status.state == "idle":
            known = _Bare(status.pid, status.memory.allocated_mb, status.memory.rss_mb)
            self._bare[status.worker] = known
        return known if known and known.pid == status.pid else _Bare(status.pid, 0.0, 0.0)
