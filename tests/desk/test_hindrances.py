"""What a desk can't do for the moment is shown, and done once it can be."""

from pathlib import Path

from tests.desk_process import DeskProcess


def test_a_starter_model_that_can_not_be_unpacked_is_unpacked_later(tmp_path: Path) -> None:
    in_the_way = tmp_path / "models" / "vae"
    in_the_way.parent.mkdir()
    in_the_way.touch()
    desk = DeskProcess(tmp_path)
    try:
        desk.until("WorkerReady", stream="worker-image")
        assert not desk.get("/internal/health")["ok"]
        parts = {each["name"]: each["stalled"] for each in desk.get("/api/system")["projections"]}
        assert "vae" in parts.pop("preparation")
        assert not any(parts.values())
        in_the_way.unlink()
        desk.until("ImagePresetCreated")
        made = desk.finished(desk.request())
        assert made["status"] == "completed"
        assert desk.get("/internal/health")["ok"]
    finally:
        desk.stop()
