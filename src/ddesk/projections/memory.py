"""What was decided about memory for each generation, and how each prediction compares with what was measured."""

import apsw
from msgspec import Struct

from ddesk.events.envelope import Recorded
from ddesk.events.memory import MemoryMeasured, MemoryPlanned

_COLUMNS = "position, generation, image, preset, device, width, height, predicted_mb, measured_mb, known, measured_at"


class MeasurementRow(Struct, frozen=True):
    """Sizes are in MiB; `measured_at` is in microseconds since 1970."""

    position: int
    generation_id: str
    image_id: str
    preset_id: str
    device: str
    width: int
    height: int
    predicted_mb: float
    measured_mb: float
    known: str
    measured_at: int


class Memory:
    name = "memory"
    version = 1
    schema = (
        """create table memory_plan (
            generation text not null,
            position integer not null,
            primary key (generation, position)
        ) strict, without rowid""",
        """create table measurement (
            position integer primary key,
            generation text not null,
            image text not null,
            preset text not null,
            device text not null,
            width integer not null,
            height integer not null,
            predicted_mb real not null,
            measured_mb real not null,
            known text not null,
            measured_at integer not null
        ) strict""",
        "create index measurement_by_generation on measurement (generation)",
        "create index measurement_by_preset on measurement (preset)",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        match recorded.event:
            case MemoryPlanned(generation_id=str(generation)):
                db.execute("insert into memory_plan values (?, ?)", (generation, recorded.position))
            case MemoryMeasured(measured_mb=measured) as event if measured > 0:
                _measure(db, recorded, event)
            case _:
                pass


def _measure(db: apsw.Connection, recorded: Recorded, event: MemoryMeasured) -> None:
    db.execute(
        f"insert into measurement ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            recorded.position,
            event.generation_id,
            event.image_id,
            event.preset_id,
            event.device,
            event.width,
            event.height,
            event.predicted_mb,
            event.measured_mb,
            event.known,
            recorded.recorded_at,
        ),
    )


def plans(db: apsw.Connection, generation_id: str) -> list[int]:
    """The positions of a generation's plans in the log, the first first."""
    found = db.execute("select position from memory_plan where generation = ? order by position", (generation_id,))
    return [int(position) for (position,) in found]


def measured(db: apsw.Connection, generation_id: str) -> list[MeasurementRow]:
    """What each picture of a generation took, the first first."""
    found = db.execute(f"select {_COLUMNS} from measurement where generation = ? order by position", (generation_id,))
    return [MeasurementRow(*row) for row in found]


def page(db: apsw.Connection, *, before: int | None, preset_id: str | None, limit: int) -> list[MeasurementRow]:
    """The newest first, those at positions before `before`; of one preset, where one is named."""
    found = db.execute(
        f"select {_COLUMNS} from measurement where position < ? {'and preset = ?' if preset_id else ''}"
        " order by position desc limit ?",
        (before or 1 << 62, *([preset_id] if preset_id else ()), limit),
    )
    return [MeasurementRow(*row) for row in found]
