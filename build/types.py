"""Writes the page's types of the API from the server's own description: `python -m build.types`."""

import json
import tempfile
from importlib.metadata import version
from pathlib import Path

from build import web
from ddesk.server.application import routes
from ddesk.server.openapi import document

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "openapi.json"
        described.write_text(json.dumps(document(routes(version("ddesk"), Path(folder)))))
        web.generate_types(described, web.WEB / "src/api/schema.gen.ts")
