"""The software bill of materials, in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/)."""

import uuid
from collections.abc import Iterable
from typing import Any

from build.notices import Notice

_NAMESPACE = uuid.UUID("8c7c0f3e-5a51-4b5f-9d0e-3f1f4a7d2b60")


def document(build_id: str, notices: Iterable[Notice]) -> dict[str, Any]:
    """Without a time: the same build has the same bill."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, build_id)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "ddesk", "name": "ddesk", "version": build_id}},
        "components": [_component(each) for each in notices],
    }


def _component(notice: "Notice") -> dict[str, Any]:
    named = {"type": "library", "bom-ref": notice.purl or notice.name, "name": notice.name}
    licences = [{"license": {"name": notice.licence}}]
    optional = {"version": notice.version, "purl": notice.purl}
    return named | {"licenses": licences} | {key: value for key, value in optional.items() if value}
