"""Which part of its work the engine is in, told from its log and its progress, which it reports for all alike."""

from typing import Literal

from msgspec import Struct

Phase = Literal["encoding", "sampling", "decoding"]


class Phases(Struct):
    """A picture's way through the engine. Sampling begins with its step 0: before that it can't be stopped."""

    phase: Phase = "encoding"
    encoded: bool = False

    def heard(self, line: str) -> bool:
        """Whether this line of the log says that decoding begins, for which there is no progress without tiles."""
        if "generating image: " in line:
            self.encoded = True
        elif "decoding 1 latents" in line:
            self.phase = "decoding"
            return True
        return False

    def moved(self) -> Phase:
        """The phase that a progress report belongs to."""
        if self.phase == "encoding" and self.encoded:
            self.phase = "sampling"
        return self.phase

    def may_stop(self) -> bool:
        """Text encoding asserts that it succeeds: stopping it would end the process."""
        return self.phase != "encoding"
