"""Commands to language presets: what they name is looked into before anything is recorded."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ddesk.app.foresight import Outlook
from ddesk.app.handle import Handler, Step
from ddesk.app.language_work import LanguageForesight
from ddesk.app.model_library import ModelLibrary
from ddesk.app.preset_files import PresetFiles
from ddesk.app.preset_manager import LONGEST_NAME
from ddesk.domain import language_set
from ddesk.domain.language_preset import (
    CreateLanguagePreset,
    DeleteLanguagePreset,
    EditLanguagePreset,
    LanguagePresetCommand,
    LanguagePresetState,
    RestoreLanguagePreset,
    language_preset,
)
from ddesk.domain.language_set import Start, Wish
from ddesk.domain.model_set import Candidate, Problem
from ddesk.errors import Invalid, NotFound
from ddesk.events.envelope import Origin
from ddesk.events.ids import new_id
from ddesk.events.language_preset import (
    KvCache,
    LanguageDefaults,
    LanguageMemoryFlag,
    LanguagePreset,
    LanguagePrompts,
)
from ddesk.projections.footprints import signature
from ddesk.projections.language_presets import PREFIX


class NewLanguagePreset(Struct, frozen=True, kw_only=True):
    """`files` are ids of the model library by part. What is None is as `Start` says."""

    name: str
    files: Mapping[str, str]
    context: int | None = None
    kv_cache: KvCache | None = None
    memory_flags: tuple[LanguageMemoryFlag, ...] = ()
    defaults: LanguageDefaults | None = None
    prompts: LanguagePrompts = LanguagePrompts()
    notes: str = ""


class Assessment(Struct, frozen=True, kw_only=True):
    """Of files, before there is a preset of them: `context` is what the model was trained with, 0 where that is
    unknown. `outlook` is None where there are problems.
    """

    problems: Sequence[Problem]
    context: int
    outlook: Outlook | None


class LanguagePresets:
    """`prompts` are the desk's own, which a preset has where it has none; `start` is what a new one starts with."""

    def __init__(
        self,
        *,
        handler: Handler,
        library: ModelLibrary,
        files: PresetFiles,
        foresight: LanguageForesight,
        start: Start,
        prompts: LanguagePrompts,
    ) -> None:
        self.start = start
        self.prompts = prompts
        self._handler = handler
        self._library = library
        self._given = files
        self._foresight = foresight

    # Commands ------------------------------------------------------------------------------------------------------

    async def create(self, origin: Origin, new: NewLanguagePreset) -> str:
        """Its id. Raises Invalid where the files make no language model, NotFound, and Conflict."""
        files = await self._given.candidates(new.files)
        wish = self._wish(files, new.context, new.kv_cache)
        _refuse(language_set.problems(files, wish))
        content = LanguagePreset(
            name=new.name,
            model_files=await self._given.named(new.files),
            context=wish.context,
            kv_cache=wish.kv_cache,
            memory_flags=new.memory_flags,
            defaults=new.defaults or self.start.defaults,
        )
        return await self._create(origin, content, new.prompts, new.notes)

    async def duplicate(self, origin: Origin, id_: str) -> str:
        """The copy's id. Raises NotFound, also for one that was deleted."""
        state, content = self._found(id_)
        if state.deleted:
            raise _none_such(id_)
        copy = replace(content, name=f"Copy of {content.name}"[:LONGEST_NAME])
        return await self._create(origin, copy, state.prompts, state.notes)

    async def edit(
        self,
        origin: Origin,
        id_: str,
        content: LanguagePreset,
        prompts: LanguagePrompts,
        notes: str,
        files: Mapping[str, str] | None = None,
    ) -> None:
        """With other `files`, by part, in place of those of `content`. Raises as `create` does."""
        _, before = self._found(id_)
        wish = _wish_of(content)
        if files is not None:
            _refuse(language_set.problems(await self._given.candidates(files), wish))
            content = replace(content, model_files=await self._given.named(files))
        elif wish != _wish_of(before):
            _refuse(language_set.problems(await self._files_of(before), wish))
        await self._give(origin, id_, EditLanguagePreset(content=content, prompts=prompts, notes=notes))

    async def delete(self, origin: Origin, id_: str) -> None:
        await self._give(origin, id_, DeleteLanguagePreset())

    async def restore(self, origin: Origin, id_: str) -> None:
        await self._give(origin, id_, RestoreLanguagePreset())

    # Questions -----------------------------------------------------------------------------------------------------

    async def outlook(self, id_: str) -> Outlook:
        """What it would take in memory now. Raises NotFound, and Invalid where its files are no model any more."""
        _, content = self._found(id_)
        files = await self._files_of(content)
        _refuse(language_set.problems(files, _wish_of(content)))
        return self._outlook(signature(content.model_files), files, _wish_of(content), content.memory_flags, id_)

    async def assess(
        self,
        ids: Mapping[str, str],
        context: int | None,
        kv_cache: KvCache | None,
        flags: Sequence[LanguageMemoryFlag],
    ) -> Assessment:
        """Raises NotFound, and Fault where a file can't be looked into."""
        files = await self._given.candidates(ids)
        wish = self._wish(files, context, kv_cache)
        problems = language_set.problems(files, wish)
        outlook = None if problems else self._outlook("", files, wish, flags)
        return Assessment(problems=problems, context=_trained(files), outlook=outlook)

    def _outlook(
        self,
        signature_: str,
        files: Mapping[str, Candidate],
        wish: Wish,
        flags: Sequence[LanguageMemoryFlag],
        preset_id: str = "",
    ) -> Outlook:
        model = language_set.model(signature_, {part: each.about for part, each in files.items()}, wish)
        return self._foresight.outlook(model, flags, preset_id)

    async def _files_of(self, content: LanguagePreset) -> dict[str, Candidate]:
        """As they are now; one that is not there has that as its problem."""
        return {
            each.part: Candidate(Path(each.name).name, await self._library.describe(self._library.path(each)))
            for each in content.model_files
        }

    def _wish(self, files: Mapping[str, Candidate], context: int | None, kv_cache: KvCache | None) -> Wish:
        usual = min(self.start.context, _trained(files) or self.start.context)
        return Wish(
            context=usual if context is None else context,
            kv_cache=self.start.kv_cache if kv_cache is None else kv_cache,
        )

    def _found(self, id_: str) -> tuple[LanguagePresetState, LanguagePreset]:
        """Also a deleted one."""
        state = self._handler.state(PREFIX + id_, language_preset)
        assert isinstance(state, LanguagePresetState)
        if state.content is None:
            raise _none_such(id_)
        return state, state.content

    async def _create(self, origin: Origin, content: LanguagePreset, prompts: LanguagePrompts, notes: str) -> str:
        id_ = new_id()
        command = CreateLanguagePreset(content=content, prompts=prompts, notes=notes)
        done = await self._handler.handle(origin, Step(PREFIX + id_, language_preset, command))
        assert done is not None
        return self._handler.subject_of(done, PREFIX)

    async def _give(self, origin: Origin, id_: str, command: LanguagePresetCommand) -> None:
        await self._handler.handle(origin, Step(PREFIX + id_, language_preset, command))


def _none_such(id_: str) -> NotFound:
    return NotFound("no_such_preset", f"There is no language preset {id_!r}.", "Choose one of the list of presets.")


def _wish_of(content: LanguagePreset) -> Wish:
    return Wish(context=content.context, kv_cache=content.kv_cache)


def _trained(files: Mapping[str, Candidate]) -> int:
    """The context of the language model among them, 0 where there is none that tells it."""
    language = files["model"].about.language if "model" in files else None
    return language.context if language else 0


def _refuse(problems: Sequence[Problem]) -> None:
    """Raises Invalid for the first, with the words of all."""
    if problems:
        words = " ".join(each.words for each in problems)
        raise Invalid(
            problems[0].code,
            words,
            "Choose other files or settings: POST /api/presets/language/estimate says which would do.",
            problems=[{"code": each.code, "part": each.part, "words": each.words} for each in problems],
        )
