"""The engine's log while it makes a picture of each prompt: `… engine_tokens DIFFUSION CLIP_L TAESD PROMPT…`."""

import sys

from ddesk.protocol.messages import ModelSpec
from tests.workers.image.host import picture
from workers.image.callbacks import listening
from workers.image.engine import Context
from workers.image.frame import Frame


class Teller:
    def log(self, line: str) -> None:
        print(line)

    def progress(self, step: int, steps: int) -> None:
        pass

    def preview(self, step: int, frame: Frame, /) -> None:
        pass

    def should_stop(self) -> bool:
        return False


diffusion, clip_l, taesd, *prompts = sys.argv[1:]
with listening(Teller()):
    context = Context(
        ModelSpec(preset_id="starter", paths={"diffusion": diffusion, "clip_l": clip_l, "taesd": taesd}), 1
    )
    for prompt in prompts:
        context.generate(picture(prompt=prompt, steps=1, cfg=1.0))
