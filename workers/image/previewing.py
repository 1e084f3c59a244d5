"""Which steps are worth a preview: the small decoder can take longer than several steps of a small model."""

SHARE = 0.2
"""Of the time so far that previews may take, beyond the two that are always made."""

ALWAYS = (0.3, 0.65)
"""How far into the sampling a preview is made at any cost."""

GUESS = 0.25
"""What a preview costs, in seconds, until one was made."""


class PreviewPlan:
    """What a step takes with a preview and without is learned on the way."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._always = {max(1, round(steps * share)) for share in ALWAYS}
        self._plain = 0.0
        self._elapsed = 0.0
        self._spent = 0.0
        self._cost = GUESS

    def done(self, seconds: float, with_preview: bool) -> None:
        """A step has taken this long."""
        self._elapsed += seconds
        if with_preview:
            self._cost = max(0.0, seconds - self._plain)
            self._spent += self._cost
        else:
            self._plain = seconds

    def wants(self, step: int) -> bool:
        """Whether this step (from 1) should make one; the last doesn't, as the picture itself follows."""
        if step >= self._steps:
            return False
        return step in self._always or self._spent + self._cost <= SHARE * self._elapsed
