"""What came with the desk: how its files are told for whole, missing or damaged, and how they come back."""

import lzma
import os
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from build.starter.image import export
from build.web import ROOT
from ddesk import paths
from ddesk.app.catalogue import Catalogue, Catalogued
from ddesk.app.model_hashes import ModelHashes
from ddesk.bootstrap.defaults import catalogue
from ddesk.domain.catalogue import FileState, file_state
from ddesk.errors import Conflict, Fault, NotFound
from ddesk.store import starter
from tests.app.test_model_library import Kept, run

pytestmark = pytest.mark.quick

PARTS = {"diffusion": b"transformer" * 100, "clip_l": b"words" * 100, "taesd": b"pixels" * 100}


class Came:
    """A catalogue whose starter is of three small files, unpacked."""

    def __init__(self, folder: Path) -> None:
        self.defaults, kept = folder / "defaults", Kept(folder)
        export.write(PARTS, export.Settings(steps=3, cfg=1.5), 1, self.defaults, preset=0)
        starter.unpack(self.defaults, kept.own)
        self.told: list[str] = []
        kept.library.tell = lambda: self.told.append("changed")
        self.hashes = ModelHashes(kept.library, kept.cache, _at_once, lambda: None)
        self.catalogue = Catalogue(catalogue(), self.defaults, kept.own, kept.library, self.hashes)
        self.paths = {each.file.part: kept.own / each.file.name for each in self.catalogue.one("starter").files}

    def states(self) -> dict[str, FileState]:
        return states(self.catalogue.one("starter"))


async def _at_once() -> None:
    pass


def states(found: Catalogued) -> dict[str, FileState]:
    return {each.file.part: each.state for each in found.files}


ALL_WHOLE = dict.fromkeys(PARTS, "whole")


@pytest.fixture
def came(tmp_path: Path) -> Came:
    return Came(tmp_path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def spoil(path: Path) -> None:
    """As a failing disk does: with the same size and time of change."""
    before = path.stat()
    path.write_bytes(b"X" + path.read_bytes()[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_files_are_unchecked_until_they_were_read(came: Came) -> None:
    assert came.states() == dict.fromkeys(PARTS, "unchecked")
    assert states(run(came.catalogue.check("starter"))) == came.states() == ALL_WHOLE
    assert came.told


@pytest.mark.parametrize(("damage", "state"), [(Path.unlink, "missing"), (cut, "damaged"), (spoil, "damaged")])
def test_what_became_of_a_file_is_found_and_it_is_restored(
    came: Came, damage: Callable[[Path], None], state: FileState
) -> None:
    run(came.catalogue.check("starter"))
    whole = came.paths["taesd"].stat().st_ino
    damage(came.paths["clip_l"])
    assert states(run(came.catalogue.check("starter"))) == {**ALL_WHOLE, "clip_l": state}
    assert states(run(came.catalogue.restore("starter"))) == ALL_WHOLE
    assert came.paths["clip_l"].read_bytes() == PARTS["clip_l"]
    assert came.paths["taesd"].stat().st_ino == whole, "what was whole is left alone"
    assert states(run(came.catalogue.check("starter"))) == ALL_WHOLE


def test_what_nobody_checked_is_restored_too(came: Came) -> None:
    run(came.catalogue.check("starter"))
    spoil(came.paths["diffusion"])
    assert came.states() == ALL_WHOLE, "nobody has looked"
    run(came.catalogue.restore("starter"))
    assert came.paths["diffusion"].read_bytes() == PARTS["diffusion"]


def test_a_place_that_holds_something_else_is_told_in_words(came: Came) -> None:
    came.paths["taesd"].unlink()
    came.paths["taesd"].mkdir()
    (came.paths["taesd"] / "mine").write_text("of a person")
    with pytest.raises(Fault) as refused:
        run(came.catalogue.restore("starter"))
    assert refused.value.code == "model_file_unwritable"
    assert "can't be written" in refused.value.words


def test_a_file_that_can_not_be_read_is_told_in_words(came: Came, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(came.hashes, "anew", refuse)
    with pytest.raises(Conflict, match="can't be read: Permission denied") as refused:
        run(came.catalogue.check("starter"))
    assert refused.value.code == "model_file_unreadable"


def test_a_damaged_program_can_restore_nothing_and_says_so(came: Came) -> None:
    (came.defaults / "starter" / "tae.safetensors.xz").write_bytes(lzma.compress(b"something else"))
    came.paths["taesd"].unlink()
    with pytest.raises(Fault, match="install it again") as refused:
        run(came.catalogue.restore("starter"))
    assert refused.value.code == "program_damaged"
    assert came.states()["taesd"] == "missing"


def test_what_the_catalogue_has_not_is_not_found(came: Came) -> None:
    for ask in (came.catalogue.one, came.catalogue.licence):
        with pytest.raises(NotFound, match="no model 'flux'"):
            ask("flux")


@pytest.mark.parametrize(
    ("size", "sha256", "state"),
    [(None, None, "missing"), (7, "ab", "damaged"), (8, None, "unchecked"), (8, "cd", "damaged"), (8, "ab", "whole")],
)
def test_a_files_state_is_of_its_size_and_hash(size: int | None, sha256: str | None, state: FileState) -> None:
    assert file_state((8, "ab"), size, sha256) == state


def test_every_file_that_ships_is_in_the_catalogue_once() -> None:
    about = starter.manifest(paths.defaults())
    shipped = Counter(each.part for each in about.all_files)
    assert Counter(part for entry in catalogue().values() for part in entry.brought) == shipped
    assert set(shipped.values()) == {1}


def test_every_entry_has_a_licence_with_a_text_that_says_what_it_was_made_from() -> None:
    for entry in catalogue().values():
        text = (paths.defaults() / "licences" / entry.licence_text).read_text("utf-8")
        assert "trained from nothing, on pictures drawn by scripts" in text
        assert text.endswith((ROOT / "LICENSE").read_text("utf-8"))
        assert entry.licence == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["license"]
    assert catalogue()["starter"].licence == starter.manifest(paths.defaults()).preset.licence
