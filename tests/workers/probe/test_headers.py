"""Reading what strangers' files say of themselves."""

import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workers.probe.making import gguf, gguf_tensor, safetensors, text, with_header
from workers.probe import files
from workers.probe.header import BadFile, Header, Tensor

pytestmark = pytest.mark.quick


def _code(path: Path) -> str:
    with pytest.raises(BadFile) as refused:
        files.read(path)
    assert path.name in refused.value.words
    return refused.value.code


def test_a_safetensors_header_tells_each_tensor(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "a.safetensors", {"a.weight": (2, 3), "b": ()})
    header = files.read(path)
    assert header.tensors == {"a.weight": Tensor("F16", (2, 3), 12), "b": Tensor("F16", (), 2)}
    assert (header.format, header.size) == ("safetensors", path.stat().st_size)


def test_a_gguf_header_tells_each_tensor_with_the_outermost_dimension_first(tmp_path: Path) -> None:
    values = text("general.architecture") + struct.pack("<I", 8) + text("clip")
    values += text("some.list") + struct.pack("<IIQ", 9, 8, 2) + text("one") + text("two")
    values += text("some.numbers") + struct.pack("<IIQ3I", 9, 4, 3, 1, 2, 3)
    tensors = gguf_tensor("a", (2, 32)), gguf_tensor("b", (4, 64), kind=2, offset=128)
    path = gguf(tmp_path / "a.gguf", *tensors, values=values, value_count=3, data_size=128 + 144)
    assert files.read(path).tensors == {"a": Tensor("F16", (2, 32), 128), "b": Tensor("Q4_0", (4, 64), 144)}


def test_the_data_of_a_gguf_begins_where_its_own_alignment_says(tmp_path: Path) -> None:
    values = text("general.alignment") + struct.pack("<II", 4, 4096)
    path = tmp_path / "a.gguf"
    gguf(path, gguf_tensor("a", (1, 32)), values=values, value_count=1, data_size=64)
    assert _code(path) == "truncated"
    path.write_bytes(path.read_bytes().ljust(4096 + 64, b"\0"))
    assert files.read(path).tensors.keys() == {"a"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"abc", "foreign"),
        (b"hello world\n" * 1000, "foreign"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "foreign"),
        (b"<!DOCTYPE html><html>sign in</html>", "foreign"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "foreign"),
        (b"\x80\x02}q\x00.", "foreign"),
    ],
)
def test_what_is_no_model_file_is_told(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "downloaded.bin"
    path.write_bytes(content)
    assert _code(path) == code


def test_a_picture_under_a_models_name_is_called_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(BadFile, match="picture"):
        files.read(path)


def test_what_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    assert _code(tmp_path / "gone.safetensors") == "file_missing"
    assert _code(tmp_path) == "not_a_file"
    assert _code(Path("/dev/null")) == "not_a_file"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ((1 << 60).to_bytes(8, "little") + b"{}" * 100, "damaged"),
        ((1 << 20).to_bytes(8, "little") + b"{}" * 100, "truncated"),
        ((100).to_bytes(8, "little") + b'{"a": [[[[[ ' * 20, "damaged"),
        ((20_000).to_bytes(8, "little") + b'{"a":' + b"[" * 20_000, "damaged"),
        ((4).to_bytes(8, "little") + b"\xff\xfe{}", "damaged"),
        (b"\x02", "damaged"),
    ],
)
def test_a_broken_safetensors_header_is_told(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    assert _code(path) == code


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "Z99", "shape": [1], "data_offsets": [0, 2]},
        {"dtype": "F16", "shape": [-1], "data_offsets": [0, 2]},
        {"dtype": "F16", "shape": [2], "data_offsets": [0, 2]},
        {"dtype": "F16", "shape": [1], "data_offsets": [2, 0]},
        {"dtype": "F16", "shape": [1]},
        {"dtype": "F16", "shape": "1", "data_offsets": [0, 2]},
        [],
    ],
)
def test_an_impossible_tensor_is_told(tmp_path: Path, entry: object) -> None:
    assert _code(with_header(tmp_path / "a.safetensors", {"a": entry}, 100)) == "damaged"


def test_a_safetensors_file_that_is_cut_off_tells_how_much_is_there(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "a.safetensors", {"a": (1000,)})
    whole = path.read_bytes()
    path.write_bytes(whole[:-1500])
    with pytest.raises(BadFile, match=f"{len(whole) - 1500:,} of {len(whole):,} bytes") as refused:
        files.read(path)
    assert refused.value.code == "truncated"


HUGE = (1 << 64) - 1


@pytest.mark.parametrize(
    "content",
    [
        b"GGUF",
        b"GGUF" + struct.pack("<IQQ", 1, 0, 0),
        b"GGUF" + struct.pack("<IQQ", 3, HUGE, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 0, HUGE),
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, HUGE),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("key") + struct.pack("<IQ", 8, HUGE),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("key") + struct.pack("<IIQ", 9, 4, HUGE),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("key") + struct.pack("<IIQ", 9, 9, 1),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("key") + struct.pack("<I", 77),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("general.alignment") + struct.pack("<II", 4, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("a") + struct.pack("<I", 1 << 31),
        b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + gguf_tensor("a", (32,), kind=999),
        b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + gguf_tensor("a", (33,), kind=2),
        b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + gguf_tensor("a", (32,), offset=7),
        b"GGUF" + struct.pack("<IQQ", 3, 2, 0) + gguf_tensor("a", (32,)) * 2,
    ],
)
def test_a_broken_gguf_header_is_told_before_anything_is_made_of_its_counts(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(content)
    assert _code(path) == "damaged"


def test_a_gguf_tensor_of_impossible_size_makes_the_file_cut_off(tmp_path: Path) -> None:
    assert _code(gguf(tmp_path / "a.gguf", gguf_tensor("a", (1 << 40, 1 << 40)))) == "truncated"


def test_a_zip_that_is_no_checkpoint_and_one_that_is_cut_off_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello" * 100)
    assert _code(path) == "foreign"
    path.write_bytes(path.read_bytes()[:100])
    assert _code(path) == "damaged"


def _read(path: Path) -> Header | BadFile:
    try:
        return files.read(path)
    except BadFile as refused:
        return refused


@given(st.binary(max_size=300), st.sampled_from([b"", b"GGUF\x03\0\0\0", b"PK\x03\x04", b"\x40\0\0\0\0\0\0\0{"]))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_bytes_at_all_break_the_reader(tmp_path: Path, content: bytes, start: bytes) -> None:
    path = tmp_path / "any.safetensors"
    path.write_bytes(start + content)
    found = _read(path)
    assert found.words if isinstance(found, BadFile) else found.size == len(start + content)


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_flipped_byte_of_a_header_breaks_the_reader(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "flipped"
    whole = safetensors if data.draw(st.booleans()) else _small_gguf
    content = bytearray(whole(path, {"a.weight": (4, 32), "b": (64,)}).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    found = _read(path)
    assert found.words if isinstance(found, BadFile) else found.size == len(content)


def _small_gguf(path: Path, shapes: dict[str, tuple[int, ...]]) -> Path:
    tensors = [gguf_tensor(name, shape) for name, shape in shapes.items()]
    values = text("general.alignment") + struct.pack("<II", 4, 32)
    return gguf(path, *tensors, values=values, value_count=1, data_size=1024)
