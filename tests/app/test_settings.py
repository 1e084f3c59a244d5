from pathlib import Path

import pytest

from ddesk.errors import Fault, Invalid, NotFound
from ddesk.settings import Settings, change, describe, device_mb, load

pytestmark = pytest.mark.quick


def test_flags_go_before_the_environment_before_the_file_before_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    assert load(file, {}).port == Settings().port
    file.write_text("port = 1000\nthumbnail_side = 100\n")
    assert load(file, {}).port == 1000
    assert load(file, {"DDESK_PORT": "2000"}).port == 2000
    found = load(file, {"DDESK_PORT": "2000"}, {"port": 3000, "host": None})
    assert (found.port, found.thumbnail_side, found.host) == (3000, 100, "127.0.0.1")


@pytest.mark.parametrize("environment", [{"DDESK_PROT": "1"}, {}])
def test_an_unknown_key_is_refused_with_the_nearest_name(tmp_path: Path, environment: dict[str, str]) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("" if environment else "prot = 1\n")
    with pytest.raises(Invalid) as refused:
        load(file, environment)
    assert refused.value.code == "unknown_setting"
    assert "'port'" in refused.value.advice


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = 99999", "The setting 'port' does not fit: expected a whole number of at most 65535."),
        ("port = 'many'", "The setting 'port' does not fit: expected a whole number, got text."),
        (
            "simulate_device = 'big'",
            "The setting 'simulate_device' does not fit: 'big' is no size of a device's memory.",
        ),
        ("log_level = 'LOUD'", "The setting 'log_level' does not fit: there is no choice 'LOUD'."),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(Invalid) as refused:
        load(file, {})
    assert (refused.value.code, refused.value.words) == ("bad_setting", words)


def test_a_file_that_is_no_toml_is_refused_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("port = = 1")
    with pytest.raises(Invalid) as refused:
        load(file, {})
    assert str(file) in refused.value.words


def test_a_change_keeps_what_a_person_wrote_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("# my own desk\nport = 1000  # not the usual\n")
    assert change(file, "thumbnail_side", 200).thumbnail_side == 200
    assert file.read_text() == "# my own desk\nport = 1000  # not the usual\nthumbnail_side = 200\n"


def test_a_bad_change_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    with pytest.raises(Invalid):
        change(file, "port", -1)
    with pytest.raises(NotFound):
        change(file, "nothing", 1)
    assert not file.exists()


def test_an_address_that_others_reach_is_refused_before_the_desk_can_no_longer_start(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    with pytest.raises(Invalid):
        change(file, "host", "0.0.0.0")
    assert not file.exists()
    assert change(file, "host", "localhost").host == "localhost"


@pytest.mark.parametrize("value", [None, [None], {"a": None}, "wide"])
def test_what_no_setting_can_be_is_refused(tmp_path: Path, value: object) -> None:
    file = tmp_path / "settings.toml"
    with pytest.raises(Invalid) as refused:
        change(file, "thumbnail_side", value)
    assert refused.value.code == "bad_setting"
    assert not file.exists()


def test_a_change_that_can_not_be_written_is_a_fault_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Fault) as hindered:
        change(tmp_path / "file" / "settings.toml", "port", 1000)
    assert hindered.value.code == "settings_unwritable"


def test_every_setting_is_described() -> None:
    described = describe(Settings())
    assert [each.key for each in described] == list(Settings.__struct_fields__)
    assert all(each.help and each.kind for each in described)
    assert all(each.choices for each in described if each.kind == "choice")


@pytest.mark.parametrize(("text", "mb"), [("8192MB", 8192), ("8 GB", 8192), ("1.5gib", 1536), ("640", 640), ("", None)])
def test_a_device_is_as_large_as_it_is_written(text: str, mb: float | None) -> None:
    assert device_mb(text) == mb
