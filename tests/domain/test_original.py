"""What the original DiffusionDesk decided in some situations, by its published numbers, and what this desk does.

It counted the diffusion file alone, looked at the picture's size before it looked at the card, and had no account of
what its mitigations save. Whether a decision runs out of memory is judged for both by the same need, which has all
weights and the engine's own figures for its buffers, without any margin. The table has each decision with the peak
that it leads to and what was free for it, in GB. Of unloading for a picture the published numbers say nothing.
"""

from collections.abc import Sequence

import pytest
from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.commitments import Snapshot
from ddesk.domain.footprint import Footprints
from ddesk.domain.memory import Component, KvShape, Mitigation, Need, usage
from ddesk.domain.needs import ImageModel, ImageSize, Knowledge, LanguageModel, image_need, language_need
from ddesk.domain.placement import Plan, plan
from ddesk.domain.residents import Resident
from tests.domain.machines import ESTIMATES, gpu, situation

pytestmark = pytest.mark.quick

GB = 1024.0
KNOWLEDGE = Knowledge(estimates=ESTIMATES, footprints=Footprints(), backend="cuda")


class Model(Struct, frozen=True):
    name: str
    family: str
    weights_mb: dict[Component, float]


SD1 = Model("SD 1.5", "sd1", {"text_encoders": 235, "diffusion": 1640, "vae": 160})
SDXL = Model("SDXL", "sdxl", {"text_encoders": 1560, "diffusion": 4900, "vae": 160})
FLUX_Q8 = Model("FLUX.1 Q8", "flux", {"text_encoders": 9320, "diffusion": 12_125, "vae": 160})
FLUX_Q4 = Model("FLUX.1 Q4", "flux", {"text_encoders": 5050, "diffusion": 6480, "vae": 160})
LLAMA = LanguageModel(
    signature="chat",
    family="llama",
    headers_mb={"language": 4680},
    kv=KvShape(layers=32, kv_heads=8, key_length=128, value_length=128),
    context=8192,
)
CHAT = Resident(owner="language", device="gpu-0", mb=6200, soft_mb=1400, preset_id="chat")


class Case(Struct, frozen=True):
    """`card` is the size of its memory in GB; what is idle lies on it."""

    model: Model
    width: int
    height: int
    card: int
    highres: float = 1.0
    idle: Resident | None = None

    @property
    def size(self) -> ImageSize:
        return ImageSize(width=self.width, height=self.height, highres=self.highres)

    @property
    def free_mb(self) -> float:
        return self.card * GB - (self.idle.mb if self.idle else 0.0)

    @property
    def need(self) -> Need:
        model = self.model
        asked = ImageModel(signature=model.name, family=model.family, headers_mb=model.weights_mb)
        return image_need(asked, self.size, KNOWLEDGE)


CASES = [
    Case(SD1, 512, 512, 8),
    Case(SD1, 512, 512, 4),
    Case(SD1, 512, 512, 8, highres=2.0),
    Case(SDXL, 1024, 1024, 24),
    Case(SDXL, 1024, 1024, 12),
    Case(SDXL, 1024, 1024, 8),
    Case(SDXL, 1024, 1024, 6),
    Case(SDXL, 1024, 1024, 2),
    Case(SDXL, 1024, 1024, 16, idle=CHAT),
    Case(SDXL, 1024, 1024, 12, idle=CHAT),
    Case(SDXL, 1600, 1344, 24),
    Case(SDXL, 2048, 1536, 24),
    Case(SDXL, 2048, 2048, 24),
    Case(FLUX_Q8, 1024, 1024, 24),
    Case(FLUX_Q8, 1024, 1024, 12),
    Case(FLUX_Q4, 1024, 1024, 12),
    Case(FLUX_Q4, 1024, 1024, 8),
]

TABLE = """
SD 1.5, 512 × 512, 8 GB
    then nothing: 4.0 of 8.0
    now nothing: 4.0 of 8.0
SD 1.5, 512 × 512, 4 GB
    then nothing: 4.0 of 4.0, runs out
    now vae tiling: 3.3 of 4.0
SD 1.5, 512 × 512, highres × 2, 8 GB
    then nothing: 8.9 of 8.0, runs out
    now vae tiling: 4.5 of 8.0
SDXL, 1024 × 1024, 24 GB
    then nothing: 13.4 of 24.0
    now nothing: 13.4 of 24.0
SDXL, 1024 × 1024, 12 GB
    then nothing: 13.4 of 12.0, runs out
    now vae tiling: 8.9 of 12.0
SDXL, 1024 × 1024, 8 GB
    then nothing: 13.4 of 8.0, runs out
    now text encoders on cpu, vae tiling: 7.4 of 8.0
SDXL, 1024 × 1024, 6 GB
    then text encoders on cpu, vae tiling: 7.4 of 6.0, runs out
    now vae tiling, weights in ram, segmented graph: 2.9 of 6.0
SDXL, 1024 × 1024, 2 GB
    then text encoders on cpu, vae tiling: 7.4 of 2.0, runs out
    now refused: 1.4 more would do
SDXL, 1024 × 1024, chat idle, 16 GB
    then nothing: 13.4 of 9.9, runs out
    now hard unload of language: 13.4 of 16.0
SDXL, 1024 × 1024, chat idle, 12 GB
    then text encoders on cpu, vae tiling: 7.4 of 5.9, runs out
    now hard unload of language, vae tiling: 8.9 of 12.0
SDXL, 1600 × 1344, 24 GB
    then text encoders on cpu: 18.7 of 24.0
    now nothing: 20.2 of 24.0
SDXL, 2048 × 1536, 24 GB
    then text encoders on cpu, vae tiling, vae on cpu: 10.4 of 24.0
    now vae tiling: 12.1 of 24.0
SDXL, 2048 × 2048, 24 GB
    then text encoders on cpu, vae tiling, vae on cpu, weights in ram: 12.0 of 24.0
    now vae tiling: 13.6 of 24.0
FLUX.1 Q8, 1024 × 1024, 24 GB
    then nothing: 28.0 of 24.0, runs out
    now text encoders on cpu: 18.9 of 24.0
FLUX.1 Q8, 1024 × 1024, 12 GB
    then text encoders on cpu, vae tiling: 16.2 of 12.0, runs out
    now weights in ram, segmented graph: 6.9 of 12.0
FLUX.1 Q4, 1024 × 1024, 12 GB
    then nothing: 18.3 of 12.0, runs out
    now text encoders on cpu, vae tiling: 10.7 of 12.0
FLUX.1 Q4, 1024 × 1024, 8 GB
    then text encoders on cpu, vae tiling: 10.7 of 8.0, runs out
    now weights in ram, segmented graph: 6.9 of 8.0
Llama 8B Q4, 8192 tokens, 8 GB
    then nothing: 6.4 of 8.0
    now nothing: 6.4 of 8.0
Llama 8B Q4, 32768 tokens, 8 GB
    then nothing: 9.4 of 8.0, runs out
    now weights in ram: 0.4 of 8.0
Llama 8B Q4, 2048 tokens, 6 GB
    then refused
    now weights in ram: 0.4 of 6.0
"""


def test_what_the_original_decided_and_what_this_desk_decides() -> None:
    chats = [chat_lines(8192, 8), chat_lines(32_768, 8), chat_lines(2048, 6)]
    assert "\n".join([*map(lines, CASES), *chats]) == TABLE.strip()


def test_the_desk_never_runs_out_and_gives_up_no_more_than_the_original_where_that_worked() -> None:
    for case in CASES:
        before, now = originally(case), ours(case)
        assert not now.fits or usage(_bare(case.need), now.mitigations).device_mb <= _free_then(case, now)
        if usage(_bare(case.need), before).device_mb <= case.free_mb:
            assert now.fits
            assert set(now.mitigations) <= set(before)
            assert now.unloads == ()


def originally(case: Case) -> tuple[Mitigation, ...]:
    """By its numbers in GB: file + 0.5, and 1.5 a megapixel (at least 0.5, with 15 % more); tight with 0.5 to spare."""
    first, final = case.size.megapixels, case.size.final_megapixels
    overhead = first * 1.5 + (final * 1.5 if case.highres > 1 else 0.0)
    need = case.model.weights_mb["diffusion"] / GB + 0.5 + max(overhead, 0.5) * 1.15
    tight = case.free_mb / GB < need + 0.5
    decided: list[tuple[Mitigation, bool]] = [
        ("text_encoders_on_cpu", tight or final > 2),
        ("vae_tiling", tight or final > 2.5),
        ("vae_on_cpu", final >= 3),
        ("weights_in_ram", final >= 4),
    ]
    return tuple(mitigation for mitigation, wanted in decided if wanted)


def ours(case: Case) -> Plan:
    return plan(situation(_machine(case.free_mb, case.card * GB, case.idle), case.need))


def lines(case: Case) -> str:
    before, now = originally(case), ours(case)
    name = f"{case.model.name}, {case.width} × {case.height}"
    name += f", highres × {case.highres:g}" if case.highres > 1 else ""
    name += ", chat idle" if case.idle else ""
    then = f"{_words(before)}: {_judged(case.need, before, case.free_mb)}"
    return _entry(name, case.card, then, _told(now, _free_then(case, now)))


def chat_lines(context: int, card: int) -> str:
    """The original took a language model's file and 1.0 GB, 10 % more, with 0.3 to spare, for any context."""
    need = language_need(replace(LLAMA, context=context), KNOWLEDGE)
    now = plan(situation(_machine(card * GB, card * GB, None), need, owner="language"))
    fits = (LLAMA.headers_mb["language"] / GB + 1.0) * 1.1 + 0.3 <= card
    then = f"nothing: {_judged(need, (), card * GB)}" if fits else "refused"
    return _entry(f"Llama 8B Q4, {context} tokens", card, then, _told(now, card * GB))


def _machine(free_mb: float, total_mb: float, idle: Resident | None) -> Snapshot:
    card = gpu(free=free_mb, total=total_mb)
    return Snapshot(devices=(card,), ram_free_mb=32 * GB, residents=(idle,) if idle else ())


def _free_then(case: Case, now: Plan) -> float:
    """What is free once the plan's unloads are done."""
    return case.free_mb + sum(step.saving.device_mb for step in now.steps if step.owner and step.verdict == "taken")


def _entry(name: str, card: int, then: str, now: str) -> str:
    return f"{name}, {card} GB\n    then {then}\n    now {now}"


def _told(now: Plan, free_mb: float) -> str:
    if not now.fits:
        return f"refused: {now.short.device_mb / GB:.1f} more would do"
    gone = [f"{unload.depth} unload of {unload.owner}" for unload in now.unloads]
    return f"{_words([*gone, *now.mitigations])}: {_judged(now.need, now.mitigations, free_mb)}"


def _words(rungs: Sequence[str]) -> str:
    return ", ".join(rung.replace("_", " ") for rung in rungs) or "nothing"


def _judged(need: Need, mitigations: Sequence[Mitigation], free_mb: float) -> str:
    peak = usage(_bare(need), mitigations).device_mb
    return f"{peak / GB:.1f} of {free_mb / GB:.1f}" + (", runs out" if peak > free_mb else "")


def _bare(need: Need) -> Need:
    return replace(need, safety_mb=0.0, safety_part=0.0)
