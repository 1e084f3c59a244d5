"""What the page's build makes of the API."""

import json
from importlib.metadata import version
from pathlib import Path

from build import web
from ddesk.server.application import routes
from ddesk.server.openapi import document


def test_the_pages_types_are_those_of_the_server(tmp_path: Path) -> None:
    described = tmp_path / "openapi.json"
    described.write_text(json.dumps(document(routes(version("ddesk"), tmp_path))))
    generated = tmp_path / "schema.gen.ts"
    web.generate_types(described, generated)
    kept = web.WEB / "src/api/schema.gen.ts"
    assert generated.read_text() == kept.read_text(), "run `uv run python -m build.types`"
