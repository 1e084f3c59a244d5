"""The probe: looks at what may end the process that looks at it (drivers, engines, strangers' files), once, in JSON."""

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Answer one question on stdout; 2 where there is no such question."""
    from workers.probe.questions import answer

    return answer(argv)
