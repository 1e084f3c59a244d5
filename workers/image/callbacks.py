"""The engine's callbacks, registered once for as long as the process lives.

The library keeps bare pointers to them: one that Python frees crashes the next load or picture. So these are never
replaced; the listener that they reach is. They run on the thread that called the engine, or on one of its own.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, Protocol

from stable_diffusion_cpp import stable_diffusion_cpp as binding

from workers.image.frame import Frame
from workers.image.library import set_abort_callback

WARNING = 2
"""The engine's log levels: 0 debug, 1 info, 2 warning, 3 error."""

PreviewKind = Literal["none", "proj", "tae"]
"""`proj` is a linear projection of the latents, `tae` the small decoder."""

_PREVIEW_NUMBERS: dict[PreviewKind, int] = {"none": 0, "proj": 1, "tae": 2}


class Listener(Protocol):
    def log(self, line: str) -> None: ...

    def progress(self, step: int, steps: int) -> None: ...

    def preview(self, step: int, frame: Frame, /) -> None: ...

    def should_stop(self) -> bool: ...


class _Slot:
    """Whom the callbacks reach now, and the first exception that escaped one: ctypes would swallow it."""

    listener: Listener | None = None
    fault: BaseException | None = None


def _on_log(level: int, text: bytes, _data: Any) -> None:
    line = text.decode("utf-8", "replace").strip()
    if level >= WARNING:
        print(line, file=sys.stderr, flush=True)
    _reach("log", line)


def _on_progress(step: int, steps: int, _seconds: float, _data: Any) -> None:
    _reach("progress", step, steps)


def _on_preview(step: int, count: int, frames: Any, _noisy: bool, _data: Any) -> None:
    if count > 0:
        _reach("preview", step, Frame.copied_from(frames[0]))


def _on_abort(_data: Any) -> bool:
    return bool(_reach("should_stop"))


def _reach(method: str, *arguments: Any) -> Any:
    if _Slot.listener is None or _Slot.fault is not None:
        return None
    try:
        return getattr(_Slot.listener, method)(*arguments)
    except BaseException as fault:
        _Slot.fault = fault
        return None


_log = binding.sd_log_callback(_on_log)
_progress = binding.sd_progress_callback(_on_progress)
_preview = binding.sd_preview_callback(_on_preview)
_abort = binding.ggml_abort_callback(_on_abort)

binding.sd_set_log_callback(_log, None)
binding.sd_set_progress_callback(_progress, None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Hear the engine; an exception that escaped the listener is raised at the end. One at a time."""
    _Slot.listener, _Slot.fault = listener, None
    try:
        yield
    finally:
        fault, _Slot.listener, _Slot.fault = _Slot.fault, None, None
    if fault is not None:
        raise fault


def preview_next(kind: PreviewKind, wanted: bool) -> None:
    """Whether the engine's next steps make previews. The kind counts when sampling starts."""
    binding.sd_set_preview_callback(_preview, _PREVIEW_NUMBERS[kind], 1, wanted, False, None)


def stop_on_request(backend: int) -> bool:
    """Have this backend ask the listener, at every node of its graphs, whether to stop; False where it can't."""
    return set_abort_callback(backend, _abort)
