"""What each picture was seen to take in memory, as the planner learns from it."""

from collections.abc import Iterable, Mapping

import apsw
import msgspec
from msgspec import Struct

from ddesk.events.envelope import Recorded
from ddesk.events.generation import (
    GenerationCancelled,
    GenerationCompleted,
    GenerationRequested,
    GenerationStarted,
    ImageGenerated,
    Lora,
    ModelFile,
    Recipe,
)
from ddesk.events.memory import MemoryPlanned
from ddesk.events.preset import ImagePresetCreated, ImagePresetEdited
from ddesk.events.worker import ModelLoaded
from ddesk.projections.generations import PREFIX
from ddesk.projections.presets import PREFIX as PRESET_PREFIX

KEPT = 64
"""Pictures by preset and backend; of older ones nothing more is to be learned."""

_MIB = 1 << 20
_encode = msgspec.json.Encoder().encode
_sizes = msgspec.json.Decoder(dict[str, float]).decode
_names = msgspec.json.Decoder(tuple[str, ...]).decode

_MEASURED = (
    "insert into footprint"
    " select ?, preset, signature, family, backend, megapixels, settings, weights_mb, loras_mb, ?, ?"
    " from making join model using (preset) where id = ? and backend <> ''"
)
_FORGOTTEN = (
    "delete from footprint where position in (select position from footprint where (preset, backend) ="
    " (select preset, backend from footprint where position = ?) order by position desc limit -1 offset ?)"
)
_COLUMNS = "position, signature, family, backend, megapixels, settings, weights_mb, loras_mb, buffers_mb, peak_mb"


class FootprintRow(Struct, frozen=True):
    """Sizes are in MiB, by the engine's own names. `megapixels` are those that it computed at once."""

    position: int
    signature: str
    family: str
    backend: str
    megapixels: float
    settings: tuple[str, ...]
    weights_mb: Mapping[str, float]
    loras_mb: float
    buffers_mb: Mapping[str, float]
    peak_mb: float


class Footprints:
    name = "footprints"
    version = 3
    schema = (
        "create table model (preset text primary key, family text, weights_mb text) strict, without rowid",
        """create table making (
            id text primary key,
            preset text not null,
            signature text not null,
            megapixels real not null,
            loras_mb real not null,
            backend text not null default '',
            settings text not null default '[]'
        ) strict, without rowid""",
        """create table footprint (
            position integer primary key,
            preset text not null,
            signature text not null,
            family text,
            backend text not null,
            megapixels real not null,
            settings text not null,
            weights_mb text,
            loras_mb real not null,
            buffers_mb text not null,
            peak_mb real not null
        ) strict""",
        "create index footprint_by_preset on footprint (preset, backend)",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        id_ = recorded.stream.removeprefix(PREFIX)
        match recorded.event:
            case ImagePresetCreated(content=content) | ImagePresetEdited(content=content):
                _know(db, recorded.stream.removeprefix(PRESET_PREFIX), "family", content.family)
            case ModelLoaded(preset_id=preset, weights_mb=weights) if weights:
                _know(db, preset, "weights_mb", _encode(weights).decode())
            case GenerationRequested(recipe=recipe):
                db.execute(
                    "insert into making (id, preset, signature, megapixels, loras_mb) values (?, ?, ?, ?, ?)",
                    (
                        id_,
                        recipe.preset_id,
                        signature(recipe.model_files, recipe.loras),
                        _megapixels(recipe),
                        loras_mb(recipe.loras),
                    ),
                )
            case GenerationStarted(engine=engine, mitigations=mitigations):
                changed = (engine.backend, _encode(mitigations).decode(), id_)
                db.execute("update making set backend = ?, settings = ? where id = ?", changed)
            case MemoryPlanned(generation_id=str(generation), mitigations=mitigations, fits=True):
                planned = (_encode(mitigations).decode(), generation)
                db.execute("update making set settings = ? where id = ?", planned)
            case ImageGenerated() as made if made.peak_mb and made.buffers_mb:
                db.execute(_MEASURED, (recorded.position, _encode(made.buffers_mb).decode(), made.peak_mb, id_))
                db.execute(_FORGOTTEN, (recorded.position, KEPT))
            case GenerationCompleted() | GenerationCancelled():
                db.execute("delete from making where id = ?", (id_,))
            case _:
                pass


def signature(files: Iterable[ModelFile], loras: Iterable[Lora] = ()) -> str:
    """Names a set of files by what is in them."""
    everything = [*files, *(each.file for each in loras)]
    return "+".join(sorted(f"{file.part}:{file.sha256[:16]}" for file in everything))


def loras_mb(loras: Iterable[Lora]) -> float:
    """What the engine keeps of them: their files, whose headers are small."""
    return sum(each.file.size for each in loras) / _MIB


def measured(db: apsw.Connection) -> list[FootprintRow]:
    """Those whose model is known, the oldest first."""
    rows = db.execute(
        f"select {_COLUMNS} from footprint where family is not null and weights_mb is not null order by position"
    )
    return [_row(row) for row in rows]


def newest(db: apsw.Connection) -> int:
    """The position of the last picture that was measured; 0 where there is none."""
    return int(str(db.execute("select ifnull(max(position), 0) from footprint").get))


def _know(db: apsw.Connection, preset: str, column: str, value: str) -> None:
    # The column's name is this module's own; only the values come from outside.
    db.execute(
        f"insert into model (preset, {column}) values (?, ?) on conflict do update set {column} = excluded.{column}",
        (preset, value),
    )


def _megapixels(recipe: Recipe) -> float:
    """Pictures of a batch are made one after the other."""
    return recipe.width * recipe.height / 1e6


def _row(row: tuple[int, str, str, str, float, str, str, float, str, float]) -> FootprintRow:
    position, of_files, family, backend, megapixels, settings, weights, loras, buffers, peak = row
    return FootprintRow(
        position,
        of_files,
        family,
        backend,
        megapixels,
        _names(settings),
        _sizes(weights),
        loras,
        _sizes(buffers),
        peak,
    )
