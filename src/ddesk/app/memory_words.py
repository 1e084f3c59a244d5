"""What the planner decides, in plain words for whoever should know of it at once."""

from collections.abc import Mapping

from ddesk.app.notices import Alert
from ddesk.domain.placement import Plan
from ddesk.events.memory import MemoryPlanned, PlannedStep

_TAKEN: Mapping[str, str] = {
    "soft_unload": "the context of the {owner} model was dropped",
    "hard_unload": "the {owner} model was unloaded",
    "text_encoders_on_cpu": "the text encoders moved to the CPU",
    "vae_tiling": "the picture is decoded in tiles",
    "vae_on_cpu": "the VAE moved to the CPU",
    "weights_in_ram": "the weights stay in RAM",
    "segmented_graph": "the model is computed in segments",
}


def size(mb: float) -> str:
    """As the page writes it."""
    return f"{mb:.0f} MB" if mb < 1000 else f"{mb / 1024:.1f} GB"


def no_room(refused: Plan) -> str:
    """Why it can't be made, and what could."""
    short = refused.short.device_mb or refused.short.ram_mb
    kind = "memory" if refused.short.device_mb else "RAM"
    words = (
        f"This needs {size(refused.usage.device_mb)} and {size(max(refused.available.device_mb, 0.0))} can be had:"
        f" {size(short)} of {kind} are lacking, whatever else gives way."
    )
    instead = f" {refused.would_fit.name} would fit." if refused.would_fit else " Nothing smaller would fit either."
    return words + instead


def told(event: MemoryPlanned, *, mitigations_changed: bool) -> Alert | None:
    """What a person should know of a plan: whose model went, and what is done differently from the last time."""
    taken = [each for each in event.steps if each.verdict == "taken"]
    news = [each for each in taken if each.owner or mitigations_changed]
    if not news:
        return None
    words = _sentence([_words(each) for each in news])
    short = event.needed_mb - event.room_mb
    because = f" {size(short)} were lacking." if short > 0 else ""
    return Alert(
        level="info",
        code="memory_planned",
        title="Room was made" if any(each.owner for each in news) else "It runs with less memory",
        words=words + because,
        generation=event.generation_id,
    )


def _words(step: PlannedStep) -> str:
    return _TAKEN.get(step.rung, step.rung).format(owner=step.owner)


def _sentence(parts: list[str]) -> str:
    joined = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return joined[0].upper() + joined[1:] + "."
