"""A log of very many events, as years of use leave it: pictures in ever other words, and what people did to them."""

import random
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path

from msgspec.structs import replace

from ddesk.events import Event
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.generation import GenerationRequested
from ddesk.events.ids import new_id
from ddesk.events.image import ImageAdded, ImageFavorited, ImageRated, ImageTagged, ImageTrashed
from ddesk.paths import migrations
from ddesk.store.event_log import EventLog
from ddesk.store.writer import LARGEST_BATCH, Append
from tests.bench.stories import COMMANDS, stories

VOCABULARY = 5_000
_BEGAN = 1_700_000_000_000_000
_APART = 1_500_000_000
"""Microseconds from one batch to the next: some years for a million events."""
_WORDS_A_PROMPT = 14
_AT_ONCE = 100


def word(number: int) -> str:
    """Rank by rank rarer, as words are."""
    letters = "etaoinshrdlu"
    return f"w{letters[number % 12]}{letters[number // 12 % 12]}{number}"


def fill(path: Path, events: int, chance: random.Random) -> None:
    """A log at `path` with at least so many events."""
    times = count(_BEGAN, _APART)
    log = EventLog.open(path, migrations(), clock=lambda: next(times))
    commands = _commands(chance)
    while log.head.position < events:
        log.append(list(islice(commands, LARGEST_BATCH)))
    log.close()


def prompt(chance: random.Random) -> str:
    ranks = (int(VOCABULARY ** chance.random()) for _ in range(_WORDS_A_PROMPT))
    return " ".join(map(word, ranks))


def _commands(chance: random.Random) -> Iterator[Append]:
    while True:
        made = stories(_AT_ONCE)
        for start in range(0, len(made), COMMANDS):
            story = made[start : start + COMMANDS]
            yield from (_reworded(command, chance) for command in story)
            yield from _touched(_image_of(story), chance)


def _reworded(command: Append, chance: random.Random) -> Append:
    first = command.events[0].event
    if not isinstance(first, GenerationRequested):
        return command
    words = prompt(chance)
    asked = NewEvent(command.events[0].stream, replace(first, prompt=words, resolved_prompt=words))
    return Append(replace(command.origin, actor="user"), {}, (asked,))


def _image_of(story: Sequence[Append]) -> str:
    return next(new.stream for command in story for new in command.events if isinstance(new.event, ImageAdded))


def _touched(image: str, chance: random.Random) -> Iterator[Append]:
    """One picture in three is rated, a few are more than that."""
    done: list[Event] = []
    if chance.random() < 1 / 3:
        done.append(ImageRated(chance.randint(1, 5)))
    if chance.random() < 1 / 10:
        done.append(ImageTagged(source="user", tags=(word(chance.randint(1, VOCABULARY)),)))
    if chance.random() < 1 / 20:
        done.append(chance.choice((ImageFavorited(), ImageTrashed())))
    for event in done:
        id_ = new_id()
        yield Append(Origin(command_id=id_, correlation_id=id_, actor="user"), {}, (NewEvent(image, event),))
