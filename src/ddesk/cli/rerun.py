"""`ddesk rerun`: pictures made again from their recipes, and whether they came out the same."""

import argparse
from typing import Any

from ddesk.cli.at_work import desk_at, finished
from ddesk.cli.client import Client
from ddesk.errors import DeskError, NotFound
from ddesk.paths import DataDir
from ddesk.store.media import Media

_CHANGES = ("sampler", "sigma_schedule", "steps", "cfg", "guidance", "seed")


def rerun(given: argparse.Namespace, data: DataDir) -> int:
    """0 where every picture came out identical, 1 otherwise."""
    if not data.log.exists():
        raise NotFound("no_log", f"There is no log in {data.root}.", "Name the data directory with --data-dir.")
    changes = {name: value for name in _CHANGES if (value := getattr(given, name)) is not None}
    with desk_at(data) as desk:
        compared = [_rerun(desk, image_id, changes) for image_id in _images(desk, given.id)]
    for each in compared:
        _tell(each, data)
    return 0 if all(each["identical"] for each in compared) else 1


def _images(desk: Client, id_: str) -> list[str]:
    """The picture of this id, or those of the generation."""
    try:
        return [desk.get(f"/api/images/{id_}")["id"]]
    except DeskError as wrong:
        if wrong.code != "no_such_image":
            raise
    found = desk.get(f"/api/generations/{id_}")
    if not found["images"]:
        raise NotFound("no_such_image", f"Generation {id_} is {found['status']} and made no picture.", "Retry it.")
    return list(found["images"])


def _rerun(desk: Client, image_id: str, changes: dict[str, Any]) -> Any:
    made = finished(desk, f"/api/images/{image_id}/rerun", changes)
    return desk.get(f"/api/generations/{made['id']}/comparison")


def _tell(compared: Any, data: DataDir) -> None:
    print(f"{'identical' if compared['identical'] else 'different'}: {Media(data).image_path(compared['rerun'])}")
    for each in compared["differing"]:
        print(f"  {each['field']}: {_known(each['then'])} → {_known(each['now'])}")
    if not (compared["identical"] or compared["differing"]):
        print("  Every fact that the desk knows of is the same.")


def _known(fact: object) -> object:
    return "not known" if fact is None else fact or "none"
