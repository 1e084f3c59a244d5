"""Rows as text for a terminal, and as the table of the README."""

from collections.abc import Sequence
from pathlib import Path

from build import markdown
from tests.bench.row import Row

HEADINGS = ("what", "figure", "target", "met")
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
_MET = {True: "yes", False: "no", None: ""}


def plain(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def write(readme: Path, rows: Sequence[Row], machine: str) -> None:
    """Put the table between the README's marks, at its end where it has none."""
    text = readme.read_text("utf-8")
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n## Measured\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    block = f"{BEGIN}\n{machine}\n\n{markdown.table(HEADINGS, map(_cells, rows))}\n{END}"
    readme.write_text(before + block + after, "utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    return row.name, row.figure, row.target, _MET[row.met]
