"""Which files are found below a root, and what is kept of them."""

import os
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ddesk.bootstrap import model_bounds
from ddesk.domain.model_file import Description
from ddesk.store import model_cache
from ddesk.store.model_cache import Hashes, ModelCache
from ddesk.store.model_files import Stamp, is_inside, listing, stamp

BOUNDS = model_bounds()


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(root: Path) -> list[str]:
    return [each.name for each in listing(root, BOUNDS).files]


def test_model_files_are_found_in_any_folder_and_others_are_passed_over(tmp_path: Path) -> None:
    for name in ("b.SAFETENSORS", "vae/a.gguf", "vae/deep/er/c.ckpt", "readme.txt", ".hidden/d.gguf", "e.gguf.part"):
        write(tmp_path / name)
    assert names(tmp_path) == ["b.SAFETENSORS", "vae/a.gguf", "vae/deep/er/c.ckpt"]
    (found, *_) = listing(tmp_path, BOUNDS).files
    assert found.stamp == stamp(tmp_path / "b.SAFETENSORS")


def test_links_are_followed_once_and_never_in_circles(tmp_path: Path) -> None:
    write(tmp_path / "root" / "real" / "a.gguf")
    elsewhere = write(tmp_path / "elsewhere" / "b.gguf")
    (tmp_path / "root" / "real" / "round").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "linked").symlink_to(elsewhere.parent)
    (tmp_path / "root" / "broken.gguf").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path / "root") == ["linked/b.gguf", "real/a.gguf"]


def test_a_root_that_is_not_there_says_so(tmp_path: Path) -> None:
    found = listing(tmp_path / "gone", BOUNDS)
    assert (found.files, "is not there" in found.problem) == ((), True)


def test_depth_and_numbers_are_bounded(tmp_path: Path) -> None:
    write(tmp_path / "1" / "2" / "3" / "a.gguf")
    write(tmp_path / "b.gguf")
    assert [each.name for each in listing(tmp_path, replace(BOUNDS, deepest=2)).files] == ["b.gguf"]
    full = listing(tmp_path, replace(BOUNDS, most_folders=1))
    assert "more than the desk looks through" in full.problem


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there names are text")
def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.gguf", "wb"):  # noqa: PTH123 - a Path would decode it
        pass
    found = listing(tmp_path, BOUNDS)
    assert (found.files, "rename" in found.problem) == ((), True)


@pytest.mark.parametrize("name", ["../a.gguf", "a/../../b", "/etc/passwd", "..", "a\\..\\..\\b", "a\0b"])
def test_a_name_that_leads_out_of_its_root_is_seen(name: str) -> None:
    assert not is_inside(name)


@given(st.lists(st.sampled_from(["a", "b.gguf", "...", "x y"]), min_size=1).map("/".join))
def test_other_names_are_inside(name: str) -> None:
    assert is_inside(name)


HERE, NOW = Path("/models/a.gguf"), Stamp(5, 7)
FOUND, HASHES = Description(ok=True, kind="flux"), Hashes(sha256="ab" * 32, old_short="cd" * 4)


def kept(tmp_path: Path, program: str = "1") -> ModelCache:
    return ModelCache(tmp_path / "models.json", program)


def test_what_was_found_out_is_kept_until_the_file_changes(tmp_path: Path) -> None:
    cache = kept(tmp_path)
    cache.describe(HERE, NOW, FOUND)
    cache.hash(HERE, NOW, HASHES)
    cache.save()
    again = kept(tmp_path)
    assert (again.description(HERE, NOW), again.hashes(HERE, NOW)) == (FOUND, HASHES)
    for other in (Stamp(6, 7), Stamp(5, 8)):
        assert (again.description(HERE, other), again.hashes(HERE, other)) == (None, None)
    again.describe(HERE, Stamp(6, 8), FOUND)
    assert again.hashes(HERE, NOW) is None


def test_another_program_finds_out_anew_but_does_not_read_it_all_again(tmp_path: Path) -> None:
    cache = kept(tmp_path)
    cache.describe(HERE, NOW, FOUND)
    cache.hash(HERE, NOW, HASHES)
    cache.save()
    newer = kept(tmp_path, "2")
    assert (newer.description(HERE, NOW), newer.hashes(HERE, NOW)) == (None, HASHES)


def test_what_was_found_out_before_more_was_told_of_a_file_is_found_out_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = kept(tmp_path)
    cache.describe(HERE, NOW, FOUND)
    cache.save()
    telling_more = msgspec.defstruct("Description", [("more", int, 0)], bases=(Description,), kw_only=True)
    monkeypatch.setattr(model_cache, "Description", telling_more)
    assert kept(tmp_path).description(HERE, NOW) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"program":"1","files":{"a":7}}', b"\xff\xfe"])
def test_a_damaged_cache_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "models.json").write_bytes(content)
    assert kept(tmp_path).description(HERE, NOW) is None


def test_without_a_folder_for_it_nothing_is_written(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path / "gone" / "models.json", "1")
    cache.describe(HERE, NOW, FOUND)
    cache.save()
    assert not (tmp_path / "gone").exists()
    assert cache.description(HERE, NOW) == FOUND
