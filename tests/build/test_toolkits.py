"""What a graphics card's engines need is looked for before anything is built; what may go along does."""

from fnmatch import fnmatch
from pathlib import Path

import pytest

from build import debian, engines, flags, notices, toolkits
from build.__main__ import STEPS, main
from build.toolkits import Found
from ddesk.cli import backends

pytestmark = pytest.mark.quick
TABLE = toolkits.table()


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o755)
    return path


@pytest.fixture
def cuda(tmp_path: Path) -> Path:
    """NVIDIA's toolkit, as it is installed."""
    folder = tmp_path / "cuda-13.0"
    program(folder / "bin/nvcc")
    (folder / "lib64").mkdir()
    (folder / "EULA.txt").write_text("License Agreement for NVIDIA Software Development Kits")
    return folder


def test_there_is_a_toolkit_for_each_backend_that_the_doctor_names() -> None:
    assert set(TABLE) == set(backends.names()) == set(engines.backends()) - {"cpu"}


@pytest.mark.parametrize("backend", TABLE)
def test_a_missing_toolkit_is_told_in_words_that_say_what_to_install(backend: str, tmp_path: Path) -> None:
    toolkit = TABLE[backend]
    told = toolkits.look(toolkit, {"PATH": str(tmp_path)})
    assert isinstance(told, str)
    assert told.startswith(f"{toolkit.program} was not found: ")
    assert "\n" not in told
    assert all(variable in told for variable in ([toolkit.named_in] if toolkit.named_in else toolkit.beneath))


@pytest.mark.parametrize("backend", [name for name, toolkit in TABLE.items() if not toolkit.carried])
def test_a_toolkit_is_found_on_the_path(backend: str, tmp_path: Path) -> None:
    program(tmp_path / "bin" / TABLE[backend].program)
    assert toolkits.look(TABLE[backend], {"PATH": str(tmp_path / "bin")}) == Found(folder=tmp_path)


@pytest.mark.parametrize("variable", ["PATH", "CUDACXX", "CUDA_PATH"])
def test_nvcc_is_found_wherever_cmake_finds_it(variable: str, cuda: Path) -> None:
    value = {"PATH": cuda / "bin", "CUDACXX": cuda / "bin/nvcc", "CUDA_PATH": cuda}[variable]
    found = toolkits.look(TABLE["cuda"], {variable: str(value)})
    assert found == Found(folder=cuda, libraries=(cuda / "lib64",), licence=cuda / "EULA.txt")


def test_a_named_program_that_is_not_there_is_not_made_up_for_by_another(cuda: Path) -> None:
    """CMake refuses it too."""
    told = toolkits.look(TABLE["cuda"], {"PATH": str(cuda / "bin"), "CUDACXX": str(cuda / "bin/other")})
    assert told == TABLE["cuda"].missing


def test_what_goes_along_has_its_licence_or_nothing_is_built(cuda: Path) -> None:
    (cuda / "EULA.txt").unlink()
    told = toolkits.look(TABLE["cuda"], {"PATH": str(cuda / "bin")})
    assert isinstance(told, str)
    assert f"There is no EULA.txt in {cuda}" in told


def test_the_licence_goes_along(cuda: Path) -> None:
    found = toolkits.look(TABLE["cuda"], {"PATH": str(cuda / "bin")})
    assert isinstance(found, Found)
    (notice,) = notices.of_a_toolkit(found)
    assert "NVIDIA Software Development Kits" in notice.text
    assert list(notices.of_a_toolkit(None)) == []


@pytest.mark.parametrize("backend", TABLE)
def test_the_build_ends_before_its_first_step(backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for toolkit in TABLE.values():
        for variable in filter(None, (toolkit.named_in, *toolkit.beneath)):
            monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("build.__main__.STEPS", dict.fromkeys(STEPS, lambda _: pytest.fail("a step was taken")))
    with pytest.raises(SystemExit, match="was not found"):
        main(["--backend", backend])


CUDA_FILES = (
    "libcudart.so.13",
    "libcublas.so.13",
    "libcublasLt.so.13",
    "stable_diffusion_cpp/lib/libstable-diffusion.so",
)


def test_cudas_runtime_and_cublas_go_along() -> None:
    assert toolkits.faults("cuda", CUDA_FILES, "linux") == []
    assert toolkits.faults("cuda", CUDA_FILES[1:], "linux") == ["libcudart.so.* was not found by the compiler"]
    assert toolkits.faults("cpu", (), "linux") == []


@pytest.mark.parametrize(
    ("backend", "library"),
    [
        ("cuda", "libcuda.so.1"),
        ("vulkan", "libvulkan.so.1"),
        ("hip", "libamdhip64.so.7"),
        ("hip", "libhipblas.so.3"),
        ("hip", "librocblas.so.5"),
        ("hip", "libhsa-runtime64.so.1"),
    ],
)
def test_what_belongs_to_the_machine_stays_there(backend: str, library: str) -> None:
    carried = CUDA_FILES if backend == "cuda" else ()
    assert toolkits.faults(backend, [*carried, library], "linux") == [f"{library} is in it"]


def test_the_compiler_is_told_to_leave_nothing_out_that_must_go_along() -> None:
    command = flags.command(Path("python"), Path("work"), "1", "1-a", "linux")
    patterns = [word.partition("=")[2] for word in command if word.startswith("--noinclude-dlls=")]
    assert "libcuda.so*" in patterns
    assert [(name, pattern) for name in CUDA_FILES for pattern in patterns if fnmatch(name, pattern)] == []


def test_the_debian_package_asks_for_vulkans_loader_only_where_it_is_used() -> None:
    assert "libvulkan1" in debian.control("amd64", 1, "2.34", toolkits.depends("vulkan"))
    assert "libvulkan1" not in debian.control("amd64", 1, "2.34", toolkits.depends("cpu"))


def test_cuda_asks_for_no_library_of_several_cards() -> None:
    assert {engines.definitions(package, "cuda")["GGML_CUDA_NCCL"] for package in engines.PACKAGES} == {"OFF"}
    assert all("GGML_CUDA_NCCL" not in engines.definitions(package, "cpu") for package in engines.PACKAGES)
