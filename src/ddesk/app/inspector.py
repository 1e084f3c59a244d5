"""What model files are, found out by the probe: a process that a damaged one may end."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

import msgspec

from ddesk.app.child_process import lines, run
from ddesk.domain.model_file import Description, FileProblem
from ddesk.errors import Fault
from ddesk.store.model_cache import ModelCache
from ddesk.store.model_files import FoundFile, Stamp, stamp

_log = logging.getLogger(__name__)
_SECONDS = 60.0
"""For one file."""

Asked = tuple[Path, Stamp]


class Inspector:
    """`cache` holds what is known already; of what isn't, so many files are given to one probe as `batch` says."""

    def __init__(self, program: Sequence[str], cache: ModelCache, batch: int = 64) -> None:
        self._program = program
        self._cache = cache
        self._batch = batch
        self._misfits: dict[tuple[Asked, Asked], str] = {}
        self._ended: dict[Asked, Description] = {}

    def known(self, path: Path, stamp: Stamp) -> Description | None:
        """Without asking. What ended the probe is known for as long as the desk is open."""
        return self._cache.description(path, stamp) or self._ended.get((path, stamp))

    async def describe(self, path: Path) -> Description:
        """Of a file as it is now; of one that isn't there, that. Raises Fault where the probe can't be asked."""
        asked = (path, _stamp(path))
        if found := self.known(*asked):
            return found
        (description,) = [each async for _, each in self._asked([asked])]
        return description

    async def misfit(self, model: Path, lora: Path) -> str:
        """Why this LoRA can't change this model, in words; empty where nothing speaks against it.

        Raises Fault where the probe can't be asked, and OSError where one of them can't be read.
        """
        asked = ((model, stamp(model)), (lora, stamp(lora)))
        if asked not in self._misfits:
            command = [*self._program, "probe", "lora", "--model", str(model), "--lora", str(lora)]
            answer = await run(command, seconds=_SECONDS)
            if answer.code:
                return f"{lora.name} can't be looked into: look for another copy of it."
            self._misfits[asked] = msgspec.json.decode(answer.output, type=str)
        return self._misfits[asked]

    async def inspect(self, files: Iterable[FoundFile]) -> AsyncIterator[None]:
        """Until all of them are known, a batch at a time. Raises Fault where the probe can't be asked."""
        unknown = [(each.path, each.stamp) for each in files if self.known(each.path, each.stamp) is None]
        for first in range(0, len(unknown), self._batch):
            async for _ in self._asked(unknown[first : first + self._batch]):
                pass
            await asyncio.to_thread(self._cache.save)
            yield

    async def _asked(self, files: Sequence[Asked]) -> AsyncIterator[tuple[Asked, Description]]:
        """A file at which the probe ends, or stays too long, is told so, and the question is asked again without it."""
        rest = list(files)
        while rest:
            answered = 0
            async for description in self._probed([path for path, _ in rest]):
                if _stamp(rest[answered][0]) == rest[answered][1]:  # else it says nothing of what had that stamp
                    self._cache.describe(*rest[answered], description)
                yield rest[answered], description
                answered += 1
            if answered < len(rest):
                if not answered:
                    await self._check_that_it_works()
                self._ended[rest[answered]] = description = _ends_the_probe(rest[answered][0])
                yield rest[answered], description
            rest = rest[answered + 1 :]

    async def _probed(self, paths: Sequence[Path]) -> AsyncIterator[Description]:
        question = msgspec.json.encode([str(path) for path in paths])
        try:
            async for line in lines([*self._program, "probe", "models"], stdin=question, seconds=_SECONDS):
                yield msgspec.json.decode(line, type=Description)
        except (TimeoutError, ValueError, msgspec.MsgspecError) as wrong:
            _log.warning("The probe of model files stopped: %s", wrong or "it took too long")
        except OSError as wrong:
            raise Fault("probe_lost", f"The probe can't be started: {wrong}.", "Install the desk again.") from wrong

    async def _check_that_it_works(self) -> None:
        """Raises Fault where it ends by itself: that is no file's doing."""
        with contextlib.suppress(TimeoutError):
            if (await run([*self._program, "probe", "models"], stdin=b"[]", seconds=_SECONDS)).code == 0:
                return
        raise Fault("probe_lost", "The probe that looks at model files ends by itself.", "Install the desk again.")


def _stamp(path: Path) -> Stamp:
    try:
        return stamp(path)
    except OSError:
        return Stamp(-1, 0)


def _ends_the_probe(path: Path) -> Description:
    words = f"{path.name} ended the program that looks into model files, or held it up: it is damaged, or no model."
    return Description(ok=False, problems=(FileProblem("ends_the_probe", words),))
