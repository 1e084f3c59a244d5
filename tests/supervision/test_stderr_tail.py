import signal

import pytest

from ddesk.supervision.notices import LossCause
from ddesk.supervision.stderr_tail import TAIL_BYTES, OutputTail, classify

pytestmark = pytest.mark.quick

ABORTED = int(signal.SIGABRT)

LAST_WORDS: list[tuple[LossCause, str]] = [
    # ggml's allocators: CUDA, Vulkan, Metal, host memory, graph, context
    (
        "out_of_memory",
        "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4 MiB on device 0: cudaMalloc failed: out of memory\n"
        "ggml_gallocr_reserve_n: failed to allocate CUDA0 buffer of size 4294967296\n"
        "/b/ggml/src/ggml-backend.cpp:1452: GGML_ASSERT(buffer) failed",
    ),
    (
        "out_of_memory",
        "CUDA error: out of memory\n"
        "  current device: 0, in function alloc at /b/ggml/src/ggml-cuda/ggml-cuda.cu:420\n"
        "  cuMemCreate(&handle, reserve_size, &prop, 0)\n"
        "/b/ggml/src/ggml-cuda/ggml-cuda.cu:98: CUDA error",
    ),
    (
        "out_of_memory",
        "ggml_vulkan: Device memory allocation of size 1073741824 failed.\n"
        "ggml_vulkan: vk::Device::allocateMemory: ErrorOutOfDeviceMemory\n"
        "terminate called after throwing an instance of 'vk::OutOfDeviceMemoryError'",
    ),
    ("out_of_memory", "ggml_metal_buffer_init: failed to allocate Metal buffer of 99 bytes (out of memory)"),
    ("out_of_memory", "ggml_aligned_malloc: insufficient memory (attempted to allocate 32768.00 MB)"),
    ("out_of_memory", "ggml.c:1675: not enough space in the context's memory pool"),
    ("out_of_memory", "[ERROR] ggml_extend.hpp:1914 - flux: failed to allocate the compute buffer"),
    ("out_of_memory", "[ERROR] ggml_extend.hpp:2386 - vae alloc compute buffer failed"),
    ("out_of_memory", "[ERROR] model.cpp:2572 - t5 alloc params backend buffer failed, num_tensors = 219"),
    ("out_of_memory", "[ERROR] model.cpp:929  - read tensor data failed: too less memory for conversion"),
    ("out_of_memory", "llama_model_load: error loading model: unable to allocate CUDA0 buffer"),
    ("out_of_memory", "llama_kv_cache_init: failed to allocate buffer for kv cache"),
    ("out_of_memory", "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc"),
    ("out_of_memory", 'Traceback (most recent call last):\n  File "role.py", line 1, in load\nMemoryError'),
    # gguf, stable-diffusion.cpp and llama.cpp while they read a file
    ("bad_model_file", "gguf_init_from_file_impl: invalid magic characters: '<htm', expected 'GGUF'"),
    ("bad_model_file", "gguf_init_from_file_impl: failed to read tensor data"),
    ("bad_model_file", "gguf_init_from_file_impl: bad GGUF version: 0"),
    ("bad_model_file", "gguf_init_from_file_impl: GGUFv1 is no longer supported, please use a more up-to-date version"),
    ("bad_model_file", "gguf_init_from_file_impl: tensor 'a.weight' has invalid ggml type 77. should be in [0, 42)"),
    (
        "bad_model_file",
        "gguf_init_from_file_impl: failed to read key-value pairs\nmodel.cpp:51: GGML_ASSERT(ctx) failed",
    ),
    ("bad_model_file", "[ERROR] stable-diffusion.cpp:214  - init model loader from file failed: 'x.safetensors'"),
    ("bad_model_file", "[ERROR] stable-diffusion.cpp:299  - get sd version from file failed: 'x.safetensors'"),
    ("bad_model_file", "[ERROR] stable-diffusion.cpp:801  - load tensors from model loader failed"),
    ("bad_model_file", "[ERROR] model.cpp:1067 - tensor 'first_stage_model.x' not in model file"),
    ("bad_model_file", "[ERROR] model.cpp:1036 - tensor 'lora.down' has wrong shape in model file: got [4, 4]"),
    ("bad_model_file", "[ERROR] model.cpp:869  - read tensor data failed: 'x.safetensors'"),
    ("bad_model_file", "llama_model_load: error loading model: done_getting_tensors: wrong number of tensors"),
    ("bad_model_file", "llama_model_load: error loading model: missing tensor 'blk.0.attn_q.weight'"),
    # checks of the engines' own
    ("assertion", "/b/ggml/src/ggml.c:3232: GGML_ASSERT(ggml_can_mul_mat(a, b)) failed"),
    ("assertion", "/b/ggml/src/ggml-cuda/ggml-cuda.cu:4180: fatal error"),
    ("assertion", "/b/ggml/src/ggml-cuda/ggml-cuda.cu:98: CUDA error"),
    ("assertion", "python: conditioner.hpp:88: void f(): Assertion `!tokens.empty()' failed."),
    ("assertion", "terminate called after throwing an instance of 'std::out_of_range'"),
]


@pytest.mark.parametrize(("cause", "last_words"), LAST_WORDS)
def test_the_engines_last_words_name_the_cause(cause: LossCause, last_words: str) -> None:
    assert classify(f"loading…\n{last_words}\n", exit_code=None, signal=ABORTED).cause == cause


def test_a_cause_is_told_in_words() -> None:
    assert "memory" in classify("CUDA error: out of memory", exit_code=None, signal=ABORTED).words


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_what_was_ended_from_outside_was_killed_whatever_it_wrote_before(number: int) -> None:
    assert classify("CUDA error: out of memory", exit_code=None, signal=number).cause == "killed"


LOADERS = {
    "libgomp.so.1": (
        "Traceback (most recent call last):\n"
        "RuntimeError: Failed to load shared library '/opt/ddesk/stable_diffusion_cpp/lib/libstable-diffusion.so': "
        "libgomp.so.1: cannot open shared object file: No such file or directory"
    ),
    "libvulkan.so.1": (
        "/opt/ddesk/ddesk.bin: error while loading shared libraries: libvulkan.so.1: cannot open shared object file: "
        "No such file or directory"
    ),
    "libfoo-2.3.so.7": "OSError: libfoo-2.3.so.7: cannot open shared object file: No such file or directory",
    "libstdc++.so.6": (
        "OSError: Error loading shared library libstdc++.so.6: No such file or directory (needed by /opt/libggml.so)"
    ),
    "libomp.dylib": "OSError: dlopen(/opt/libsd.dylib, 0x0006): Library not loaded: @rpath/libomp.dylib",
    "ggml.dll": "FileNotFoundError: Could not find module 'C:\\ddesk\\lib\\ggml.dll' (or one of its dependencies).",
}


@pytest.mark.parametrize("library", LOADERS)
def test_a_library_that_is_not_on_the_system_is_named_with_what_to_do(library: str) -> None:
    loss = classify(LOADERS[library], exit_code=1, signal=None)
    assert loss.cause == "missing_library"
    assert library in loss.words
    assert "Install" in loss.words


def test_the_packages_of_common_systems_are_named() -> None:
    words = classify(LOADERS["libgomp.so.1"], exit_code=1, signal=None).words
    assert "`apt install libgomp1`" in words
    assert "`dnf install libgomp`" in words


def test_a_library_that_is_too_old_is_told_as_that() -> None:
    last_words = "OSError: /lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /x.so)"
    loss = classify(last_words, exit_code=1, signal=None)
    assert loss.cause == "missing_library"
    assert "GLIBCXX_3.4.32" in loss.words
    assert "newer version of the system" in loss.words


def test_a_library_that_was_done_without_is_no_cause_of_a_crash() -> None:
    survived = "libcuda.so.1: cannot open shared object file: No such file or directory\n"
    assert classify(survived, exit_code=None, signal=signal.SIGSEGV).cause == "unknown"


@pytest.mark.parametrize(("exit_code", "number"), [(None, signal.SIGILL), (0xC000001D, None)])
def test_an_instruction_that_the_processor_lacks_is_told_as_that(exit_code: int | None, number: int | None) -> None:
    loss = classify("loading…", exit_code=exit_code, signal=number)
    assert loss.cause == "unfit_processor"
    assert "AVX2" in loss.words


def test_a_crash_without_a_word_names_its_signal() -> None:
    loss = classify("sampling…", exit_code=None, signal=signal.SIGSEGV)
    assert loss.cause == "unknown"
    assert "SIGSEGV" in loss.words


def test_an_abort_without_a_word_is_an_assertion() -> None:
    assert classify("", exit_code=None, signal=ABORTED).cause == "assertion"


def test_a_signal_that_has_no_name_is_told_by_its_number() -> None:
    assert "signal 40" in classify("", exit_code=None, signal=40).words


def test_an_end_by_itself_names_its_exit_code() -> None:
    loss = classify("", exit_code=3, signal=None)
    assert loss.cause == "unknown"
    assert "3" in loss.words


def test_pinned_memory_that_was_not_to_be_had_is_no_cause() -> None:
    harmless = "ggml_cuda_host_malloc: failed to allocate 12.00 MiB of pinned memory: out of memory\n"
    assert classify(harmless, exit_code=None, signal=signal.SIGSEGV).cause == "unknown"


def test_what_was_survived_long_before_the_end_is_no_cause() -> None:
    survived = "CUDA error: out of memory\n" + "step\n" * 100
    assert classify(survived, exit_code=None, signal=signal.SIGSEGV).cause == "unknown"


def test_only_the_end_of_the_output_is_kept() -> None:
    tail = OutputTail()
    for _ in range(100):
        tail.add(b"x" * 1000)
    tail.add(b"the end")
    assert len(tail.text()) == TAIL_BYTES
    assert tail.text().endswith("xthe end")


def test_output_that_is_not_text_is_kept_readable() -> None:
    tail = OutputTail()
    tail.add(b"\xff\xfe caf\xc3\xa9")
    assert tail.text() == "\ufffd\ufffd café"
