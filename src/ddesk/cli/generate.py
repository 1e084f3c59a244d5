"""`ddesk generate`: one picture, by the running desk, or by one that is started for it."""

import argparse
from typing import Any

from ddesk.cli.at_work import await_a_preset, desk_at, finished
from ddesk.errors import NotFound
from ddesk.paths import DataDir
from ddesk.store.media import Media


def generate(given: argparse.Namespace, data: DataDir) -> int:
    """Print where the picture is; 1 where it could not be made."""
    if given.output and not given.output.parent.is_dir():
        raise NotFound("no_such_folder", f"There is no folder {given.output.parent}.", "Make it, or name another file.")
    data.create()
    with desk_at(data) as desk:
        await_a_preset(desk)
        made = finished(desk, "/api/generations", _request(given))
        image_id = made["images"][0]
        if given.output:
            given.output.write_bytes(desk.bytes(f"/api/images/{image_id}/file"))
    print(given.output or Media(data).image_path(image_id))
    return 0


def _request(given: argparse.Namespace) -> dict[str, Any]:
    width, height = given.size or (None, None)
    wanted = {
        "prompt": given.prompt,
        "negative_prompt": given.negative,
        "seed": given.seed,
        "steps": given.steps,
        "width": width,
        "height": height,
    }
    return {name: value for name, value in wanted.items() if value is not None}
