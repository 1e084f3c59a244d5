"""PyTorch's files: what is in them is told, and nothing in them is ever run."""

import pickle
import pickletools
import struct
import zipfile
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workers.probe.making import Shapes
from workers.probe import files, pickles
from workers.probe.header import BadFile, Header, Tensor
from workers.probe.model import describe
from workers.probe.pickles import Imported, Made

pytestmark = pytest.mark.quick

ESRGAN: Shapes = {"conv_first.weight": (64, 3, 3, 3), "body.0.rdb1.conv1.weight": (32, 64, 3, 3)}
OLD_MAGIC = 0x1950A86A20F9469CFC6C


Code = bytes
"""Opcodes that leave one value on the stack."""


def text(words: str) -> Code:
    return b"X" + struct.pack("<I", len(words.encode())) + words.encode()


def number(value: int) -> Code:
    return b"J" + struct.pack("<i", value)


def named(module: str, name: str) -> Code:
    return f"c{module}\n{name}\n".encode()


def row(*values: Code) -> Code:
    return b"(" + b"".join(values) + b"t"


def table(values: Mapping[str, Code]) -> Code:
    return b"}(" + b"".join(text(name) + value for name, value in values.items()) + b"u"


def called(what: Code, *given: Code) -> Code:
    return what + row(*given) + b"R"


def tensor(key: str, shape: tuple[int, ...]) -> Code:
    """As PyTorch writes it: numbers that lie elsewhere, an offset, a shape, strides, and two things more."""
    storage = row(text("storage"), named("torch", "FloatStorage"), text(key), text("cpu"), number(prod(shape))) + b"Q"
    lengths, strides = row(*map(number, shape)), row(*(number(1) for _ in shape))
    ordered = called(named("collections", "OrderedDict"))
    rebuild = named("torch._utils", "_rebuild_tensor_v2")
    return called(rebuild, storage, number(0), lengths, strides, b"\x89", ordered)


def state_dict(shapes: Shapes) -> Code:
    return table({name: tensor(str(key), shape) for key, (name, shape) in enumerate(shapes.items())})


def pickled(code: Code) -> bytes:
    return b"\x80\x02" + code + b"."


def zipped(path: Path, content: bytes, shapes: Shapes, lacking: int = 0) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", content)
        for key, shape in enumerate(shapes.values()):
            archive.writestr(f"model/data/{key}", bytes(prod(shape) * 4 - lacking))
    return path


def old(path: Path, content: bytes, shapes: Shapes) -> Path:
    preface = [pickle.dumps(each, 2) for each in (OLD_MAGIC, 1001, {"little_endian": True})]
    keys = pickle.dumps([str(key) for key in range(len(shapes))], 2)
    numbers = b"".join(struct.pack("<q", prod(shape)) + bytes(prod(shape) * 4) for shape in shapes.values())
    path.write_bytes(b"".join([*preface, content, keys, numbers]))
    return path


@pytest.mark.parametrize("write", [zipped, old])
@pytest.mark.parametrize("within", ["", "params_ema", "state_dict"])
def test_its_tensors_are_told(tmp_path: Path, write: Callable[[Path, bytes, Shapes], Path], within: str) -> None:
    weights = state_dict(ESRGAN)
    path = write(
        tmp_path / "up.pth", pickled(table({within: weights, "epoch": number(3)}) if within else weights), ESRGAN
    )
    header = files.read(path)
    assert header.tensors == {name: Tensor("F32", shape, prod(shape) * 4) for name, shape in ESRGAN.items()}
    found = describe(path)
    assert (found.ok, found.pickle, found.format, found.parts) == (True, True, "checkpoint", ("upscaler",))


def test_one_that_would_run_something_is_refused_with_what_that_is(tmp_path: Path) -> None:
    sign = tmp_path / "it was run"
    content = pickled(called(named("os", "system"), text(f"touch '{sign}'")))
    assert "os system" in str([argument for _, argument, _ in pickletools.genops(content)])
    found = describe(zipped(tmp_path / "evil.ckpt", content, {}))
    assert [problem.code for problem in found.problems] == ["unsafe_pickle"]
    assert "os.system" in found.problems[0].words
    assert found.pickle
    assert not sign.exists()


def test_a_name_that_is_put_together_is_seen_too(tmp_path: Path) -> None:
    content = pickle.dumps(print, protocol=4)
    assert pickles.follow(content).imports == ("builtins.print",)
    assert "builtins.print" in describe(zipped(tmp_path / "a.pt", content, {})).problems[0].words


def test_what_can_not_be_followed_is_not_trusted(tmp_path: Path) -> None:
    hidden = b"\x80\x04\x8c\x02os0\x8c\x02os\x8f\x8c\x06system\x93."
    assert pickles.follow(hidden).result is None
    assert pickles.follow(hidden).imports == ("something that can't be told",)


def test_a_pickle_that_only_names_itself_is_not_looked_into(tmp_path: Path) -> None:
    found = describe(zipped(tmp_path / "a.ckpt", pickled(table({"epoch": number(3)})), {}))
    assert [problem.code for problem in found.problems] == ["unverifiable"]


def test_numbers_that_are_not_there_make_it_damaged(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.ckpt", pickled(state_dict(ESRGAN)), ESRGAN, lacking=1)
    assert [problem.code for problem in describe(path).problems] == ["damaged"]
    path = old(tmp_path / "b.pth", pickled(state_dict(ESRGAN)), ESRGAN)
    path.write_bytes(path.read_bytes()[:-5000])
    assert [problem.code for problem in describe(path).problems] == ["truncated"]


def test_calls_are_named_and_not_made() -> None:
    made = pickles.follow(pickled(tensor("0", (2, 3)))).result
    assert isinstance(made, Made)
    assert made.of == "torch._utils._rebuild_tensor_v2"
    assert pickles.follow(pickled(named("a.b", "c"))).result == Imported("a.b.c")


Plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(Plain, st.integers(2, 4))
def test_plain_values_are_what_they_would_be(value: object, protocol: int) -> None:
    followed = pickles.follow(pickle.dumps(value, protocol))
    assert followed.result == value
    assert followed.imports == ()


def _read(path: Path) -> Header | BadFile:
    try:
        return files.read(path)
    except BadFile as refused:
        return refused


@pytest.mark.filterwarnings("ignore:.*escape:DeprecationWarning")  # of pickletools, over a backslash in a text
@given(st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_flipped_or_missing_byte_breaks_the_reader(tmp_path: Path, data: st.DataObject) -> None:
    whole = pickled(table({"state_dict": state_dict(ESRGAN)}))
    content = bytearray(whole[: data.draw(st.integers(1, len(whole)))])
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    write: Mapping[str, Callable[[Path, bytes, Shapes], Path]] = {"zip": zipped, "old": old}
    found = _read(write[data.draw(st.sampled_from(sorted(write)))](tmp_path / "any.ckpt", bytes(content), {}))
    assert found.words if isinstance(found, BadFile) else found.size


@pytest.mark.filterwarnings("ignore:.*escape:DeprecationWarning")
def test_a_backslash_that_escapes_nothing_is_a_backslash() -> None:
    assert pickles.follow(b"S'\\o'\n.").result == "\\o"


def test_a_pickle_that_goes_on_for_ever_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "MAX_OPCODES", 1000)
    with pytest.raises(ValueError, match="longer"):
        pickles.follow(b"\x80\x02" + b"N" * 2000 + b".")


@pytest.mark.parametrize("nested", [b"(" * 100_000, b"]" * 100_000, b"\x80\x02" + b"N\x85" * 1 + b"\x85" * 100_000])
def test_depth_breaks_nothing(tmp_path: Path, nested: bytes) -> None:
    path = zipped(tmp_path / "deep.pt", nested + b".", {})
    assert describe(path).problems
