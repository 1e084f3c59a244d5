"""What the build decides before anything is compiled."""

import json
from importlib.metadata import distribution
from pathlib import Path

import pytest

from build import debian, engines, flags, notices, report, sbom
from build.__main__ import STEPS, chosen, parser
from build.identity import build_id
from build.notices import Notice
from build.variant import Variant
from build.web import ROOT
from ddesk.cli import old_builds
from ddesk.cli import parser as commands

pytestmark = pytest.mark.quick
SITE = Path(str(distribution("msgspec").locate_file("")))


def test_every_flag_of_the_compiler_has_a_reason() -> None:
    listed = flags.listed()
    by_system = [
        table for name in ("flags-on", "libraries-left-out", "libraries-not-to-ship") for table in listed[name].values()
    ]
    reasons = {
        flag: reason for table in (listed["flags"], listed["left-out"], *by_system) for flag, reason in table.items()
    }
    assert [flag for flag, reason in reasons.items() if len(reason) < 4] == []


def test_the_command_has_no_blank_left_to_fill_in() -> None:
    command = flags.command(Path("python"), Path("work"), "1.2.3", "1.2.3-abc")
    assert "--onefile-tempdir-spec={CACHE_DIR}/ddesk/1.2.3-abc" in command
    assert "--product-version=1.2.3" in command
    assert [word for word in command if "{" in word and "CACHE_DIR" not in word] == []


def test_only_the_flags_of_the_system_that_compiles_are_passed() -> None:
    on = {system: flags.command(Path("python"), Path("work"), "1", "1-a", system) for system in ("linux", "win32")}
    assert "--windows-icon-from-ico=work/ddesk.ico" in on["win32"]
    assert [word for word in on["linux"] if "windows" in word] == []


def test_what_the_command_includes_from_the_checkout_is_there() -> None:
    command = flags.command(Path("python"), Path("work"), "1.2.3", "1.2.3-abc")
    folders = [word.partition("=")[2].partition("=")[0] for word in command if word.startswith("--include-data-dir")]
    assert folders
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_nothing_is_both_kept_as_bytecode_and_left_out() -> None:
    listed = flags.listed()
    assert not set(listed["bytecode"]["packages"]) & set(listed["left-out"])


def test_steps_are_taken_in_their_order_however_they_are_named() -> None:
    assert chosen(["smoke", "web", "compile"], quick=False) == ["web", "compile", "smoke"]
    assert chosen([], quick=False) == list(STEPS)


def test_a_quick_build_makes_neither_engines_nor_packages() -> None:
    assert chosen([], quick=True) == ["web", "compile", "smoke"]


def test_the_backends_are_those_that_the_doctor_names() -> None:
    assert parser().parse_args(["--backend", "vulkan"]).backend == "vulkan"
    with pytest.raises(SystemExit):
        parser().parse_args(["--backend", "abacus"])


@pytest.mark.parametrize("backend", engines.backends())
@pytest.mark.parametrize("package", engines.PACKAGES)
def test_no_engine_is_built_for_the_building_machine_alone(package: str, backend: str) -> None:
    assert engines.definitions(package, backend)["GGML_NATIVE"] == "OFF"


def test_a_graphics_card_is_asked_for_in_each_engines_own_words() -> None:
    asked = [engines.definitions(package, "cuda") for package in engines.PACKAGES]
    assert [(each.get("SD_CUDA"), each.get("GGML_CUDA")) for each in asked] == [("ON", None), (None, "ON")]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/desk.py").write_text("one")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"')
    (tmp_path / "site/llama_cpp/lib").mkdir(parents=True)
    (tmp_path / "site/llama_cpp/lib/libllama.so").write_text("one")
    return tmp_path


def test_the_folder_that_it_unpacks_into_is_known_to_later_builds_which_remove_it(checkout: Path) -> None:
    assert old_builds.NAME.fullmatch(build_id(checkout / "site", checkout))
    assert old_builds.NAME.fullmatch(build_id(SITE))


def test_the_same_inputs_are_the_same_build(checkout: Path) -> None:
    first = build_id(checkout / "site", checkout)
    assert first.startswith("1.2.3-")
    assert first == build_id(checkout / "site", checkout)


@pytest.mark.parametrize("changed", ["src/desk.py", "src/new.py", "site/llama_cpp/lib/libllama.so"])
def test_a_changed_input_is_another_build(checkout: Path, changed: str) -> None:
    before = build_id(checkout / "site", checkout)
    (checkout / changed).write_text("two")
    assert build_id(checkout / "site", checkout) != before


def test_another_version_of_a_package_is_another_build(checkout: Path) -> None:
    before = build_id(checkout / "site", checkout)
    about = checkout / "site/anything-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: anything\nVersion: 1.0\n")
    assert build_id(checkout / "site", checkout) != before


def test_each_variant_has_a_folder_of_its_own() -> None:
    variants = [Variant(quick=True), *(Variant(backend) for backend in engines.backends())]
    assert len({each.work for each in variants}) == len(variants)


def test_every_package_that_is_shipped_comes_with_the_text_of_its_licence() -> None:
    found = list(notices.of_packages(SITE, {"apsw", "msgspec", "pyzmq", "sniffio"}))
    assert [each.name for each in found] == ["apsw", "msgspec", "pyzmq", "sniffio"]
    assert all("copyright" in each.text.lower() or "licen" in each.text.lower() for each in found)
    assert next(each for each in found if each.name == "msgspec").licence == "BSD-3-Clause"


def test_what_the_compiler_leaves_out_is_not_named_as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_EXPORT", ["echo", "uvicorn==1.0\nfaker==2.0\nrich-click==3.0"])
    assert notices.shipped() == {"uvicorn"}


def test_the_texts_hold_our_own_licence_and_every_other() -> None:
    told = notices.texts([Notice("one", "1.0", "MIT", "the text of one")])
    assert "MIT License" in told.partition("one 1.0")[0]
    assert "the text of one" in told


def test_the_engines_parts_have_their_texts() -> None:
    named = {each.name for each in notices.of_the_engines()}
    assert {"ggml", "llama.cpp", "stable-diffusion.cpp"} <= named


def test_the_bill_of_materials_names_each_part_once_and_is_the_same_for_the_same_build() -> None:
    parts = [Notice("uvicorn", "1.0", "BSD", "…", "pkg:pypi/uvicorn@1.0"), Notice("ggml", "", "MIT", "…")]
    document = sbom.document("1.2.3-abc", parts)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["components"][0]["purl"] == "pkg:pypi/uvicorn@1.0"
    assert "version" not in document["components"][1]
    assert json.dumps(document) == json.dumps(sbom.document("1.2.3-abc", parts))


def test_the_report_counts_every_byte_once(tmp_path: Path) -> None:
    for name, size in (
        ("llama_cpp/lib/libllama.so", 7),
        ("ddesk.bin", 5),
        ("ddesk/_web/index.html", 3),
        ("zlib.so", 1),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    parts = report.parts(tmp_path)
    assert (parts["unpacked"], parts["language engine"], parts["all else"]) == (16, 7, 1)
    assert sum(parts.values()) == 2 * 16


def test_the_longest_and_the_shortest_build_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "DIST", tmp_path)
    plain = Variant()
    assert report.build_seconds(plain) is None
    report.keep(plain, {"web": 1.0, "engines": 600.0})
    assert report.build_seconds(plain) is None
    report.keep(plain, {"web": 20.0, "engines": 1.0, "compile": 300.0, "smoke": 90.0})
    report.keep(plain, {"compile": 2.0})
    assert report.build_seconds(plain) == (4.0, 920.0)
    assert report.build_seconds(Variant("cuda")) is None


def test_the_package_asks_for_the_oldest_c_library_that_all_of_it_runs_on(tmp_path: Path) -> None:
    (tmp_path / "old.so").write_bytes(b"\0GLIBC_2.9\0")
    (tmp_path / "new.so.1").write_bytes(b"\0GLIBC_2.34\0GLIBC_2.14\0")
    assert debian.glibc(tmp_path) == "2.34"
    assert "libc6 (>= 2.34)" in debian.control("amd64", 1, "2.34")


def test_the_manual_tells_of_every_command_and_option() -> None:
    page = (debian.DATA / "ddesk.1").read_text()
    top = commands()
    options = [option for action in top._actions for option in action.option_strings if option.startswith("--")]
    assert [each for each in options if each not in page and each not in ("--help", "--version")] == []
    (subcommands,) = (action.choices for action in top._actions if action.dest == "command")
    assert subcommands is not None
    assert [each for each in subcommands if each not in page and each not in ("worker", "probe")] == []
