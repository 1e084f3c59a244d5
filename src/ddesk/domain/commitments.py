"""Memory that was promised to work which has not taken all of it yet, so that two starts can't both count on it.

A commitment holds until its work ends. What its owner is seen to hold already is in the device's reading and is not
counted twice; the idle models that are to go for it count as gone, for it and for all who plan after it.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.memory import Amount
from ddesk.domain.residents import RAM, Resident, Unload, given_back, held, on_device


class Device(Struct, frozen=True, kw_only=True):
    """`free_mb` is read anew before each plan: other programs use the device too. The id of the RAM is `cpu`."""

    id: str
    free_mb: float
    total_mb: float


class Commitment(Struct, frozen=True, kw_only=True):
    """`mb` and `ram_mb` are the most that its owner's work will hold, `held_mb` and `held_ram_mb` what it holds now."""

    owner: str
    device: str
    mb: float
    ram_mb: float = 0.0
    held_mb: float = 0.0
    held_ram_mb: float = 0.0
    unloads: tuple[Unload, ...] = ()


class Snapshot(Struct, frozen=True, kw_only=True):
    """The machine at one moment. Without a graphics card its only device is the RAM, and `ram_free_mb` is not asked."""

    devices: tuple[Device, ...]
    ram_free_mb: float = 0.0
    residents: tuple[Resident, ...] = ()
    commitments: tuple[Commitment, ...] = ()


def outstanding(commitment: Commitment, device: str) -> Amount:
    """What its work will still take of this device."""
    mb = max(commitment.mb - commitment.held_mb, 0.0)
    ram_mb = max(commitment.ram_mb - commitment.held_ram_mb, 0.0)
    return on_device(device, commitment.device, mb, ram_mb)


def rivals(snapshot: Snapshot, owner: str) -> tuple[Commitment, ...]:
    """What others were promised: a new plan of this owner's takes the place of its last one."""
    return release(snapshot.commitments, owner)


def room(snapshot: Snapshot, device: Device, owner: str) -> Amount:
    """What work of this owner may count on before anything more is unloaded: what it holds itself is its own to use."""
    own = [held(each, device.id) for each in snapshot.residents if each.owner == owner and not each.busy]
    taken = [outstanding(each, device.id) for each in rivals(snapshot, owner)]
    free = Amount(device.free_mb, 0.0 if device.id == RAM else snapshot.ram_free_mb)
    return sum(own, free + pledged(snapshot, device.id, owner)) - sum(taken, Amount())


def pledged(snapshot: Snapshot, device: str, owner: str) -> Amount:
    """What comes back once the unloads that others' commitments wait for are done."""
    going = unloading(rivals(snapshot, owner))
    leaving = [each for each in snapshot.residents if each.owner in going and each.owner != owner]
    return sum((given_back(each, going[each.owner].depth, device) for each in leaving), Amount())


def unloading(commitments: Iterable[Commitment]) -> dict[str, Unload]:
    """By owner, what is to go already: the deeper unload where there are two."""
    deepest: dict[str, Unload] = {}
    for commitment in commitments:
        for unload in commitment.unloads:
            if unload.depth == "hard" or unload.owner not in deepest:
                deepest[unload.owner] = unload
    return deepest


def commit(commitments: Sequence[Commitment], new: Commitment) -> tuple[Commitment, ...]:
    """In place of what its owner had: a worker does one thing at a time."""
    return (*release(commitments, new.owner), new)


def release(commitments: Sequence[Commitment], owner: str) -> tuple[Commitment, ...]:
    """The work is over, or will not start."""
    return tuple(each for each in commitments if each.owner != owner)


def report(
    commitments: Sequence[Commitment], owner: str, device: str, held_mb: float, held_ram_mb: float = 0.0
) -> tuple[Commitment, ...]:
    """As its worker says what it holds of it, from when the last model is gone; elsewhere it counts for nothing."""
    return tuple(
        replace(each, held_mb=held_mb if device == each.device else 0.0, held_ram_mb=held_ram_mb)
        if each.owner == owner
        else each
        for each in commitments
    )


def unloaded(commitments: Sequence[Commitment], done: Unload) -> tuple[Commitment, ...]:
    """An unload is over, so that the device's reading has what it gave back. A hard one is a soft one too."""
    return tuple(
        replace(each, unloads=tuple(one for one in each.unloads if not _done_by(one, done))) for each in commitments
    )


def _done_by(wanted: Unload, done: Unload) -> bool:
    return wanted.owner == done.owner and done.depth in ("hard", wanted.depth)
