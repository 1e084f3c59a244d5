"""A desk whose workers are reached by TCP, as always on Windows."""

import re

import psutil

from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess


def workers_address(desk: DeskProcess) -> tuple[str, int]:
    """As the log file tells it."""
    told = re.search(r"Workers are reached at tcp://(.+):(\d+)\.", (desk.data / "logs/desk.log").read_text())
    assert told
    return told[1], int(told[2])


def test_by_tcp_too_pictures_are_made_a_lost_worker_comes_back_and_no_other_machine_is_let_in(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk(environment={"DDESK_WORKER_TRANSPORT": "tcp"})
    ready = desk.until("WorkerReady", stream="worker-image")
    connections = psutil.Process(desk.process.pid).net_connections("tcp")
    listening = {(each.laddr.ip, each.laddr.port) for each in connections if each.status == psutil.CONN_LISTEN}
    assert workers_address(desk) in listening
    assert {ip for ip, _ in listening} <= {"127.0.0.1", "::1"}

    (image,) = desk.finished(desk.request())["images"]
    desk.until("ImageThumbnailMade", stream=f"image-{image}")
    psutil.Process(desk.worker()["pid"]).kill()
    desk.until("WorkerReady", stream="worker-image", after=ready["position"])
    assert desk.finished(desk.request())["status"] == "completed"
