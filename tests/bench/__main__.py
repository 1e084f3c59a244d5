"""`python -m tests.bench`: measure everything that DESIGN §14 names, and print it as a table."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from tests.bench import (
    gallery,
    generation,
    launch,
    log,
    long_log,
    machine,
    memory,
    read_models,
    table,
    time_travel,
    timeline,
)
from tests.bench.row import Row
from tests.bench.sizes import QUICK, USUAL, Sizes

README = Path(__file__).parents[2] / "README.md"
MILLION = 1_000_000
Bench = Callable[[Path, Sizes], Sequence[Row]]

BENCHES: Mapping[str, Bench] = {
    "append": lambda folder, sizes: log.append(folder, sizes.appended_generations),
    "projections": lambda folder, sizes: [read_models.append(folder, sizes.appended_generations)],
    "throughput": lambda folder, sizes: [log.durable_throughput(folder, sizes.clients_commands)],
    "read": lambda folder, sizes: log.read(folder, sizes.read_generations),
    "long-log": lambda folder, sizes: long_log.rows(folder, sizes.logged),
    "rebuild": lambda folder, sizes: [read_models.rebuild(folder, sizes.rebuilt)],
    "time-travel": lambda folder, sizes: time_travel.rows(folder, sizes.rebuilt),
    "gallery": lambda folder, sizes: [gallery.page(folder, sizes.pictures, sizes.pages)],
    "timeline": lambda folder, sizes: timeline.rows(folder, sizes.history, sizes.pages),
    "overhead": lambda folder, sizes: generation.overhead(folder, sizes.generations),
    "cancel": lambda folder, sizes: [generation.cancel(folder, sizes.cancels)],
    "launch": lambda folder, sizes: launch.rows(folder, sizes.launches),
    "memory": lambda folder, _: memory.rows(folder),
    "kills": lambda folder, sizes: log.kills(folder, sizes.crashes),
    "power-cuts": lambda folder, sizes: log.power_cuts(folder, sizes.crashes),
}


def main() -> None:
    parser = _parser()
    given = parser.parse_args()
    if given.readme and (given.only or given.quick):
        parser.error("the README has the whole table, with figures of full size")
    with tempfile.TemporaryDirectory(prefix="ddesk-bench-") as kept:
        folder = Path(kept)
        _keep_bytecode(folder)
        rows = list(_measured(folder, given.only or list(BENCHES), _sizes(given)))
        described = machine.describe(folder)
    print(described, table.plain(rows), sep="\n\n")
    if given.readme:
        table.write(README, rows, described)


def _measured(folder: Path, names: Sequence[str], sizes: Sizes) -> Sequence[Row]:
    rows: list[Row] = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        place = folder / name
        place.mkdir()
        found = BENCHES[name](place, sizes)
        print(table.plain(found), file=sys.stderr, flush=True)
        rows += found
    return rows


def _sizes(given: argparse.Namespace) -> Sizes:
    sizes = QUICK if given.quick else USUAL
    return replace(sizes, rebuilt=MILLION) if given.million else sizes


def _keep_bytecode(folder: Path) -> None:
    """Have what is started keep its bytecode, as Python does unless told otherwise: the second start is measured."""
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.bench", description="What the desk costs, and what it may cost.")
    parser.add_argument("--only", nargs="+", choices=BENCHES, metavar="NAME", help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--quick", action="store_true", help="smaller numbers, rougher figures")
    parser.add_argument("--million", action="store_true", help="rebuild, and travel in, a million events")
    parser.add_argument("--readme", action="store_true", help="write the table into the README")
    return parser


if __name__ == "__main__":
    main()
