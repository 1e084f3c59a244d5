"""The model files of this machine: which there are, what they are, and which of them a preset means."""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from ddesk.app.inspector import Inspector
from ddesk.domain import model_set
from ddesk.domain.memory import MIB, Component
from ddesk.domain.model_file import Description
from ddesk.domain.model_set import Candidate
from ddesk.errors import NotFound
from ddesk.events.generation import Lora, ModelFile
from ddesk.events.preset import ImagePreset
from ddesk.store.model_cache import Hashes, ModelCache
from ddesk.store.model_files import Bounds, FoundFile, Listing, is_inside, listing, stamp


class ModelEntry(Struct, frozen=True):
    """`about` is None until it was looked into, `hashes` until it was read to its end."""

    file: FoundFile
    about: Description | None
    hashes: Hashes | None

    @property
    def id(self) -> str:
        return id_of(self.file)


class Root(Struct, frozen=True, kw_only=True):
    """A folder with models below it. `own`: the data directory's; the others are only read."""

    path: Path
    own: bool
    files: int
    problem: str


class ModelLibrary:
    """`own` is the data directory's folder of models; `more` are further roots, which are looked through after it.

    `tell` is called once the list is another: files came or went, or were looked into.
    """

    def __init__(
        self, *, own: Path, more: Sequence[Path], bounds: Bounds, cache: ModelCache, inspector: Inspector
    ) -> None:
        self._own = own
        self._more = tuple(more)
        self._bounds = bounds
        self._cache = cache
        self._inspector = inspector
        self._listings: dict[Path, Listing] = {}
        self._scanning = asyncio.Lock()
        self._wanted = asyncio.Event()
        self.scanned = asyncio.Event()
        self.tell: Callable[[], None] = lambda: None

    @property
    def roots(self) -> Sequence[Path]:
        return (self._own, *(each for each in self._more if each != self._own))

    def follow(self, more: Iterable[str]) -> None:
        """Other roots from now on."""
        if (changed := tuple(map(Path, more))) != self._more:
            self._more = changed
            self.look_again()

    def look_again(self) -> None:
        """Have the next scan made at once."""
        self._wanted.set()

    def watched(self) -> list[Root]:
        """The roots as they were at the last scan."""
        return [
            Root(path=root, own=root == self._own, files=len(found.files), problem=found.problem)
            for root in self.roots
            for found in (self._listings.get(root, Listing(())),)
        ]

    def counts(self) -> tuple[int, int]:
        """How many files there are, and how many of them were not looked into yet."""
        files = self.files()
        return len(files), sum(self._inspector.known(each.path, each.stamp) is None for each in files)

    def entries(self) -> list[ModelEntry]:
        """All of them, by root and name."""
        return [self._entry(each) for each in self.files()]

    def files(self) -> list[FoundFile]:
        return [each for root in self.roots for each in self._listings.get(root, Listing(())).files]

    def entry(self, id_: str) -> ModelEntry:
        """Raises NotFound."""
        for each in self.files():
            if id_of(each) == id_:
                return self._entry(each)
        raise NotFound("no_such_model", f"There is no model file {id_!r}.", "See the list of models, or scan again.")

    async def watch(self) -> None:
        """One scan, and then the time until the next; sooner where the roots become others."""
        await self.scan()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._bounds.seconds_between_scans):
                await self._wanted.wait()
        self._wanted.clear()

    async def scan(self) -> None:
        """List all roots anew, and look into what is not known yet. Raises Fault where that can't be done."""
        async with self._scanning:
            roots = self.roots
            found = await asyncio.to_thread(lambda: {root: listing(root, self._bounds) for root in roots})
            if found != self._listings:
                self._listings = found
                self.tell()
            async for _ in self._inspector.inspect(self.files()):
                self.tell()
            self.scanned.set()

    async def describe(self, path: Path) -> Description:
        """As it is now, whether it lies below a root or not. Raises Fault where the probe can't be asked."""
        return await self._inspector.describe(path)

    async def wrong_with_loras(self, preset: ImagePreset) -> dict[Lora, str]:
        """Those that can't change its model, with why, in words. Raises Fault where the probe can't be asked."""
        files = {each.part: each for each in preset.model_files}
        head = model_set.head_of(files)
        if head is None:
            return {}
        model = self.path(files[head])
        found = {each: await self.wrong_with_lora(self.path(each.file), model) for each in preset.loras}
        return {lora: words for lora, words in found.items() if words}

    async def wrong_with_lora(self, lora: Path, model: Path) -> str:
        """The same of one, by its path and its model's; empty where nothing speaks against it."""
        about = await self.describe(lora)
        if about.problems:
            return about.problems[0].words
        if "lora" not in about.parts:
            return f"{lora.name} stands where the preset wants a LoRA, and is: {about.title}."
        try:
            return await self._inspector.misfit(model, lora)
        except OSError as lost:
            return f"The LoRA {lora.name} can't be read: {lost.strerror or lost}."

    def path(self, file: ModelFile) -> Path:
        """Where a preset's file lies: below the first root that has it in its size, else any, else where it should."""
        return self._root(file) / file.name if is_inside(file.name) else self._own / "no-such-file"

    def id(self, file: ModelFile) -> str:
        """That of what lies there, whether or not the last scan has seen it."""
        return _id(self._root(file), file.name)

    def _root(self, file: ModelFile) -> Path:
        there = [root for root in self.roots if (root / file.name).is_file()]
        return next((root for root in there if _size(root / file.name) == file.size), next(iter(there), self._own))

    def weights(self, preset: ImagePreset) -> Mapping[Component, float] | None:
        """MiB by component, as the engine keeps them; None while one of its files was not looked into."""
        known: dict[str, Description] = {}
        for file in preset.model_files:
            if (about := self._known_at(self.path(file))) is None or not about.weights:
                return None
            known[file.part] = about
        return {component: size / MIB for component, size in model_set.weights(known).items()}

    async def candidate(self, id_: str) -> Candidate:
        """As it is now. Raises NotFound, and Fault where the probe can't be asked."""
        file = self.entry(id_).file
        return Candidate(file.path.name, await self.describe(file.path), id_)

    def candidates(self) -> list[Candidate]:
        """All that could take a part in a preset, by name."""
        return [Candidate(each.file.name, each.about, each.id) for each in self.entries() if each.about]

    def _entry(self, file: FoundFile) -> ModelEntry:
        about = self._inspector.known(file.path, file.stamp)
        return ModelEntry(file, about, self._cache.hashes(file.path, file.stamp))

    def _known_at(self, path: Path) -> Description | None:
        try:
            return self._inspector.known(path, stamp(path))
        except OSError:
            return None


def id_of(file: FoundFile) -> str:
    """The same for as long as the file keeps its place."""
    return _id(file.root, file.name)


def _id(root: Path, name: str) -> str:
    return hashlib.sha256(f"{root}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
