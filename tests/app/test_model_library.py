"""The library as the desk keeps it: scans, what the probe says, roots that come and go, and hashes."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from ddesk import paths
from ddesk.app import model_hashes
from ddesk.app.inspector import Inspector
from ddesk.app.model_check import ModelCheck
from ddesk.app.model_hashes import ModelHashes, hashes_of
from ddesk.app.model_library import ModelLibrary
from ddesk.bootstrap import families, model_bounds
from ddesk.errors import Fault, NotFound
from ddesk.events.generation import ModelFile
from ddesk.store.model_cache import ModelCache
from tests.domain.samples import LORA, PRESET
from tests.starter_model import starter_paths
from tests.workers.probe.making import safetensors

T = TypeVar("T")
SOON = 20.0

PRETENDER = """
import json, os, sys
asked = json.load(sys.stdin)
with open({count!r}, "a") as file:
    file.write(json.dumps(asked) + "\\n")
for path in asked:
    if "killer" in path:
        os.abort()
    if "babbler" in path:
        print("this is no JSON", flush=True)
        continue
    print(json.dumps({{"path": path, "ok": True, "kind": "flux", "size": 1}}), flush=True)
"""
"""Answers as the probe does; some files end it."""


TAKER = """
import json, os, sys
for path in json.load(sys.stdin):
    first = not os.path.exists({mark!r})
    if first:
        open({mark!r}, "w").close()
        os.unlink(path)
    print(json.dumps({{"path": path, "ok": not first, "kind": "flux", "size": 1}}), flush=True)
"""
"""The first file that it is asked about goes while it looks."""


class Kept:
    """A library over a folder of its own."""

    def __init__(self, tmp_path: Path, program: tuple[str, ...] | None = None) -> None:
        self.own, self.more = tmp_path / "models", tmp_path / "more"
        for folder in (self.own, self.more):
            folder.mkdir(exist_ok=True)
        self.questions = tmp_path / "questions"
        self.program = program or (sys.executable, "-c", PRETENDER.format(count=str(self.questions)))
        self.cache = ModelCache(tmp_path / "models.json", "1")
        self.inspector = Inspector(self.program, self.cache, batch=3)
        bounds = replace(model_bounds(), seconds_between_scans=SOON)
        self.library = ModelLibrary(
            own=self.own, more=[self.more], bounds=bounds, cache=self.cache, inspector=self.inspector
        )

    def add(self, *names: str) -> None:
        for name in names:
            (self.own / name).parent.mkdir(parents=True, exist_ok=True)
            (self.own / name).write_text(name)

    def asked(self) -> int:
        return len(self.questions.read_text().splitlines()) if self.questions.exists() else 0

    def codes(self) -> dict[str, list[str]]:
        return {
            each.file.name: [problem.code for problem in each.about.problems]
            for each in self.library.entries()
            if each.about
        }


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def run(doing: Awaitable[T]) -> T:
    async def within() -> T:
        async with asyncio.timeout(SOON):
            return await doing

    return asyncio.run(within())


def test_a_scan_finds_out_what_is_new_and_asks_nothing_twice(kept: Kept, tmp_path: Path) -> None:
    kept.add("a.gguf", "vae/b.safetensors", "c.gguf", "d.gguf")
    run(kept.library.scan())
    assert [each.file.name for each in kept.library.entries()] == ["a.gguf", "c.gguf", "d.gguf", "vae/b.safetensors"]
    assert all(each.about and each.about.kind == "flux" for each in kept.library.entries())
    assert kept.asked() == 2  # of four files, three at a time
    run(kept.library.scan())
    again = Kept(tmp_path)
    run(again.library.scan())
    assert kept.asked() == 2
    assert again.codes() == kept.codes()


def test_a_file_that_ends_the_probe_is_told_apart_from_the_rest(kept: Kept) -> None:
    kept.add("1.gguf", "2-killer.gguf", "3-babbler.gguf", "4.gguf", "5.gguf", *(f"killer/{n}.gguf" for n in range(4)))
    run(kept.library.scan())
    assert kept.codes() == {
        "1.gguf": [],
        "2-killer.gguf": ["ends_the_probe"],
        "3-babbler.gguf": ["ends_the_probe"],
        "4.gguf": [],
        "5.gguf": [],
        **{f"killer/{n}.gguf": ["ends_the_probe"] for n in range(4)},
    }
    before = kept.asked()
    run(kept.library.scan())
    assert kept.asked() == before


def test_a_probe_that_never_works_is_no_files_fault(tmp_path: Path) -> None:
    kept = Kept(tmp_path, (sys.executable, "-c", "raise SystemExit(3)"))
    kept.add("a.gguf", "b.gguf", "c.gguf", "d.gguf")
    with pytest.raises(Fault, match="ends by itself"):
        run(kept.library.scan())
    missing = Kept(tmp_path, ("/no/such/program",))
    with pytest.raises(Fault, match="can't be started"):
        run(missing.library.scan())


def test_what_came_went_or_changed_is_told_once(kept: Kept) -> None:
    told: list[int] = []
    kept.library.tell = lambda: told.append(len(kept.library.files()))
    kept.add("a.gguf")
    run(kept.library.scan())
    assert told == [1, 1]  # it is there, and what it is
    run(kept.library.scan())
    assert told == [1, 1]
    (kept.own / "a.gguf").write_text("longer than it was")
    run(kept.library.scan())
    assert told == [1, 1, 1, 1]
    (kept.own / "a.gguf").unlink()
    run(kept.library.scan())
    assert told[4:] == [0]


def test_what_is_said_of_a_file_that_went_meanwhile_is_not_held_against_one_that_comes_back(tmp_path: Path) -> None:
    kept = Kept(tmp_path, (sys.executable, "-c", TAKER.format(mark=str(tmp_path / "taken"))))
    for _ in range(2):
        kept.add("a.gguf")
        os.utime(kept.own / "a.gguf", (1, 1))
        run(kept.library.scan())
    (entry,) = kept.library.entries()
    assert entry.about
    assert entry.about.ok


def test_a_root_that_vanishes_takes_its_files_along_and_brings_them_back(kept: Kept, tmp_path: Path) -> None:
    kept.add("own.gguf")
    (kept.more / "more.gguf").write_text("more")
    run(kept.library.scan())
    assert [(each.own, each.files, each.problem) for each in kept.library.watched()] == [(True, 1, ""), (False, 1, "")]
    kept.more.rename(tmp_path / "unplugged")
    run(kept.library.scan())
    assert kept.codes().keys() == {"own.gguf"}
    assert "is not there" in kept.library.watched()[1].problem
    asked = kept.asked()
    (tmp_path / "unplugged").rename(kept.more)
    run(kept.library.scan())
    assert kept.codes().keys() == {"own.gguf", "more.gguf"}
    assert kept.asked() == asked


def test_other_roots_are_looked_through_at_once(kept: Kept, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "new.gguf").write_text("new")

    async def story() -> None:
        watching = asyncio.create_task(_for_ever(kept.library.watch))
        await kept.library.scanned.wait()
        seen = asyncio.Event()
        kept.library.tell = lambda: seen.set() if kept.codes().keys() == {"new.gguf"} else None
        kept.library.follow([str(other)])
        await seen.wait()
        watching.cancel()

    run(story())
    assert [each.path for each in kept.library.watched()] == [kept.own, other]


async def _for_ever(turn: Callable[[], Awaitable[None]]) -> None:
    while True:
        await turn()


def test_a_presets_file_is_found_below_any_root_by_name_and_size(kept: Kept) -> None:
    file = ModelFile("vae", "vae/a.safetensors", 4, "")
    assert kept.library.path(file) == kept.own / file.name
    for root, content in ((kept.own, "another"), (kept.more, "four")):
        (root / "vae").mkdir()
        (root / file.name).write_text(content)
    assert kept.library.path(file) == kept.more / file.name
    (kept.more / file.name).unlink()
    assert kept.library.path(file) == kept.own / file.name


@pytest.mark.parametrize("name", ["../outside.gguf", "/etc/hostname", "a/../../../etc/hostname"])
def test_a_name_never_leads_out_of_the_roots(kept: Kept, name: str) -> None:
    (kept.own.parent / "outside.gguf").write_text("out")
    assert not kept.library.path(ModelFile("vae", name, 3, "")).exists()


def test_an_id_stays_and_an_unknown_one_is_told(kept: Kept) -> None:
    kept.add("a.gguf")
    run(kept.library.scan())
    (entry,) = kept.library.entries()
    assert kept.library.entry(entry.id) == entry
    with pytest.raises(NotFound):
        kept.library.entry("0" * 16)


def test_the_starters_weights_are_known_once_it_was_looked_into(tmp_path: Path) -> None:
    kept = Kept(tmp_path, tuple(paths.program()))
    files = []
    for part, path in starter_paths().items():
        name = Path(path).name
        shutil.copy(path, kept.own / name)
        files.append(ModelFile(part, name, Path(path).stat().st_size, ""))
    preset = replace(PRESET, model_files=tuple(files))
    assert kept.library.weights(preset) is None
    run(kept.library.scan())
    weights = kept.library.weights(preset)
    assert weights is not None
    file_mb = {file.part: file.size / 2**20 for file in files}
    assert weights == {
        "diffusion": pytest.approx(file_mb["diffusion"], rel=0.02),
        "text_encoders": pytest.approx(file_mb["clip_l"], rel=0.02),
        "vae": pytest.approx(file_mb["taesd"] / 2, rel=0.05),  # what decodes: the other half encodes
    }


def test_hashes_are_those_that_others_know(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(bytes(0x100000) + b"\x01" * 0x10000 + b"\x02" * 5)
    found = hashes_of(path)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.short == found.sha256[:10]
    assert found.old_short == hashlib.sha256(b"\x01" * 0x10000).hexdigest()[:8]
    small = tmp_path / "small.safetensors"
    small.write_bytes(b"small")
    assert hashes_of(small).old_short == "e3b0c442"  # of nothing, as A1111 has it


def test_files_are_read_in_the_background_one_by_one_while_nothing_better_is_to_do(kept: Kept) -> None:
    kept.add("a.gguf", "b.gguf")
    told: list[str] = []

    async def story() -> None:
        free, asked = asyncio.Event(), asyncio.Event()

        async def is_free() -> None:
            asked.set()
            await free.wait()

        hashes = ModelHashes(kept.library, kept.cache, is_free, lambda: told.append("one"))
        await kept.library.scan()
        turn = asyncio.create_task(hashes.turn())
        await asked.wait()
        assert not told
        free.set()
        await turn
        await hashes.turn()
        assert told == ["one", "one"]
        idle = asyncio.create_task(hashes.turn())
        await asyncio.sleep(0)
        assert not idle.done()
        hashes.changed.set()
        idle.cancel()

    run(story())
    assert [each.hashes and each.hashes.sha256 for each in kept.library.entries()] == [
        hashlib.sha256(name.encode()).hexdigest() for name in ("a.gguf", "b.gguf")
    ]


def test_a_file_of_several_pieces_is_hashed_whole(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_hashes, "_PIECE", 4)
    monkeypatch.setattr(model_hashes, "_READ", 2)
    contents = {"none.gguf": b"", "even.gguf": b"12345678", "odd.gguf": b"123456789"}
    for name, content in contents.items():
        (kept.own / name).write_bytes(content)
    run(kept.library.scan())

    async def free() -> None:
        pass

    hashes = ModelHashes(kept.library, kept.cache, free, lambda: None)
    for _ in contents:
        run(hashes.turn())
    assert {each.file.name: each.hashes and each.hashes.sha256 for each in kept.library.entries()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in contents.items()
    }


def test_a_file_that_was_read_is_read_again_only_after_it_was_written_to(kept: Kept) -> None:
    path = safetensors(kept.own / "a.safetensors", {"a": (3,)})

    async def never() -> None:
        raise AssertionError

    hashes = ModelHashes(kept.library, kept.cache, never, lambda: None)
    first = run(hashes.of(path))
    assert run(hashes.of(path)) is first
    path.write_bytes(b"written to")
    assert run(hashes.of(path)).sha256 == hashlib.sha256(b"written to").hexdigest()
    path.unlink()
    with pytest.raises(FileNotFoundError):
        run(hashes.of(path))


@pytest.mark.parametrize("turns", range(8))
def test_watching_ends_when_it_is_told_to_also_as_it_is_told_to_look_again(kept: Kept, turns: int) -> None:
    """As the desk is closed just after it was opened; `turns` of the loop lie between the two."""

    async def told_both() -> bool:
        watching = asyncio.create_task(kept.library.watch())
        await kept.library.scanned.wait()
        await asyncio.sleep(0)
        kept.library.look_again()
        for _ in range(turns):
            await asyncio.sleep(0)
        still_watching = not watching.done()
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        return watching.cancelled() or not still_watching

    assert asyncio.run(told_both())


def test_a_preset_without_a_model_that_makes_pictures_is_told_so(kept: Kept) -> None:
    kept.add("text-encoder/clip.safetensors")
    file = ModelFile("clip_l", "text-encoder/clip.safetensors", len("text-encoder/clip.safetensors"), "0" * 64)
    nobody: Any = None
    check = ModelCheck(nobody, kept.library, nobody, families())
    problem = run(check.problem(replace(PRESET, model_files=(file,), loras=(LORA,))))
    assert problem is not None
    assert problem.code == "model_file_missing"
    problem = run(check.problem(replace(PRESET, model_files=(file,))))
    assert problem is not None
    assert problem.code == "bad_model_file"
