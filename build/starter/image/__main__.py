"""Makes the starter's image model: `python -m build.starter.image` does every step that makes it, `… text export` those
that are named. Each goes on where it was stopped.

text: the text encoder. autoencoder: pictures to latents and back. sketch: the transformer, latents from noise, for
small pictures. draft: for all sizes. transformer: deeper. distil: with guidance learned, so that a picture takes half
as long. judge: what says what is in a picture. upscaler: pictures made twice as large. export: the engine's files, into
the folder.

And, by name alone: ship: what was exported takes the place of what the program brings. evaluate: the README's table,
of what the program brings, or with --made of what was exported. grid: samples of it, samples.png. compare: the README's
table of the upscaler, likewise. keep: what was made so far goes into the repository, for --go-on and evaluate.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from build.starter.image import comparison, evaluation, export, judge, making, recipe, training
from build.starter.image.diary import Diary
from build.starter.image.evaluation import SIDES
from build.starter.image.making import Workshop
from build.starter.image.painter import Painter
from build.starter.image.training import is_begun
from build.web import ROOT
from ddesk import paths
from ddesk.store import starter
from ddesk.store.starter import Starter

FOLDER = ROOT / "dist/starter/image"
KEPT = Path(__file__).with_name("kept")
"""Where what ships can be trained on from: a file of each network, and the judge."""

SAMPLES = Path(__file__).with_name("samples.png")


class Choices(msgspec.Struct, frozen=True):
    """`prompts` are those of the main size; a fifth of them at the others."""

    at: Workshop
    made: bool
    prompts: int

    @property
    def exported(self) -> Path:
        return self.at.folder / "defaults"


def make_judge(chosen: Choices) -> None:
    judge.make(chosen.at.recipe.judge, chosen.at.folder, chosen.at.diary)


def export_parts(chosen: Choices) -> None:
    told = chosen.at.recipe
    made = export.write(making.parts(chosen.at), told.settings, told.edition, chosen.exported)
    packed = sum(path.stat().st_size for path in (chosen.exported / "starter").iterdir())
    chosen.at.diary.note("export", "written", bytes=packed, sha256={file.part: file.sha256 for file in made.all_files})


def ship(chosen: Choices) -> None:
    try:
        export.ship(chosen.exported, paths.defaults())
    except export.Taken as taken:
        raise SystemExit(str(taken)) from taken


def keep(chosen: Choices) -> None:
    for name in ("text", "decoder", "transformer", "judge", "upscaler"):
        if is_begun(name, chosen.at.folder):
            training.keep(name, chosen.at.folder, KEPT)
    shutil.copyfile(making.encoder_path(chosen.at), KEPT / making.encoder_path(chosen.at).name)


def go_on(folder: Path) -> None:
    """From what is kept, where the folder has none of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in KEPT.iterdir():
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)


def evaluate(chosen: Choices) -> None:
    seeing = judge.made(chosen.at.folder, KEPT)
    with _painter(chosen) as painter:
        rows = [
            evaluation.examined(
                painter, seeing, side, chosen.prompts if side == evaluation.MAIN_SIDE else chosen.prompts // 5
            )
            for side in SIDES
        ]
    print(evaluation.table(rows))


def compare(chosen: Choices) -> None:
    with _unpacked(chosen) as (about, folder):
        name = next(file.name for file in about.besides if file.part == "upscaler")
        print(comparison.table(comparison.rows(folder / name, chosen.prompts // 5)))


def draw_grid(chosen: Choices) -> None:
    with _painter(chosen) as painter:
        evaluation.grid(painter).save(chosen.at.folder / "samples.png" if chosen.made else SAMPLES, optimize=True)


MAKING: Mapping[str, Callable[[Choices], None]] = {
    "text": lambda chosen: making.make_text_encoder(chosen.at),
    "autoencoder": lambda chosen: making.make_autoencoder(chosen.at),
    "sketch": lambda chosen: making.make_sketch(chosen.at),
    "draft": lambda chosen: making.make_draft(chosen.at),
    "transformer": lambda chosen: making.make_transformer(chosen.at),
    "distil": lambda chosen: making.distil_transformer(chosen.at),
    "judge": make_judge,
    "upscaler": lambda chosen: making.make_upscaler(chosen.at),
    "export": export_parts,
}
STEPS = {**MAKING, "ship": ship, "keep": keep, "evaluate": evaluate, "grid": draw_grid, "compare": compare}


def main(arguments: Sequence[str] | None = None) -> None:
    given = parser().parse_args(arguments)
    folder = given.folder / given.recipe
    if given.go_on:
        go_on(folder)
    at = Workshop(recipe.recipe(given.recipe), folder, Diary(folder))
    chosen = Choices(at, given.made, given.prompts)
    for name in [step for step in STEPS if step in (given.steps or MAKING)]:
        with at.diary.running(name, given.recipe, at.recipe):
            STEPS[name](chosen)


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser("python -m build.starter.image", description=__doc__)
    described.add_argument("steps", nargs="*", choices=[*STEPS, []], metavar="STEP", help=", ".join(STEPS))
    described.add_argument("--recipe", choices=recipe.names(), default="full", help="of recipe.toml")
    described.add_argument("--folder", type=Path, default=FOLDER, help="where things are made (default: %(default)s)")
    described.add_argument("--go-on", action="store_true", help="from the networks that are kept in the repository")
    described.add_argument("--made", action="store_true", help="evaluate what was exported, not what ships")
    described.add_argument(
        "--prompts",
        type=int,
        default=500,
        help="of the evaluation; a fifth as many pictures are compared (default: %(default)s)",
    )
    return described


@contextmanager
def _painter(chosen: Choices) -> Iterator[Painter]:
    with _unpacked(chosen) as (about, folder):
        yield Painter({part: str(path) for part, path in about.places(folder).items()}, about.preset.defaults)


@contextmanager
def _unpacked(chosen: Choices) -> Iterator[tuple[Starter, Path]]:
    """What was exported or what ships, in a folder for as long."""
    defaults = chosen.exported if chosen.made else paths.defaults()
    with tempfile.TemporaryDirectory(prefix="ddesk-starter-") as folder:
        starter.unpack(defaults, Path(folder))
        yield starter.manifest(defaults), Path(folder)


if __name__ == "__main__":
    main()
