"""Every error as an RFC 9457 problem document; no traceback ever leaves the desk."""

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from ddesk.app.shadows import StillBuilding
from ddesk.errors import DeskError
from ddesk.logs import request_id
from ddesk.projections.runner import DAMAGED
from ddesk.server import views
from ddesk.server.schemas import Problem
from ddesk.server.timeline_schemas import AsOf, Building

_log = logging.getLogger(__name__)
PROBLEM_TYPE = "application/problem+json"
_TITLES = {
    400: "The request can't be understood",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Not done this way",
    409: "It doesn't fit what is there now",
    413: "Too large",
    422: "Something in the request is wrong",
    500: "The desk made a mistake",
    503: "The desk is hindered",
}
_CODES = {400: "bad_request", 404: "no_such_address", 405: "method_not_allowed", 413: "too_large"}
_LOG_ADVICE = "Try again; if it stays, the log file tells more under this request's id."


def problem(status: int, code: str, detail: str, advice: str, facts: dict[str, Any] | None = None) -> Problem:
    return Problem(
        type=f"urn:ddesk:problem:{code}",
        title=_TITLES.get(status, "It did not work"),
        status=status,
        detail=detail,
        code=code,
        advice=advice,
        request_id=request_id.get(),
        facts=facts or {},
    )


def respond(found: Problem) -> Response[bytes]:
    return Response(msgspec.json.encode(found), status_code=found.status, media_type=PROBLEM_TYPE)


def from_desk_error(_: Request[Any, Any, Any], error: DeskError) -> Response[bytes]:
    if error.status >= 500:
        _log.error("%s: %s", error.code, error.words)
    return respond(problem(error.status, error.code, error.words, error.advice, error.facts))


def from_validation(_: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    """Litestar tells a list of `{message, key, source}`; a body that is no JSON at all ends here too."""
    extra = error.extra if isinstance(error.extra, list) else []
    wrong = [
        {"field": each.get("key", ""), "words": each.get("message", "")} for each in extra if isinstance(each, dict)
    ]
    said = "; ".join(f"{each['field']}: {each['words']}".removeprefix(": ") for each in wrong) or error.detail
    return respond(
        problem(422, "invalid_request", f"{said}.", "Mend the named values and send it again.", {"fields": wrong})
    )


def from_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    status = error.status_code
    if status >= 500:
        return from_anything(request, error)
    code = _CODES.get(status, f"http_{status}")
    return respond(problem(status, code, f"{error.detail}.", "See /schema for what can be asked, and how."))


def from_anything(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _log.error("A request failed", exc_info=error)
    return respond(problem(500, "internal_error", "Something went wrong inside the desk.", _LOG_ADVICE))


def from_damage(request: Request[Any, Any, Any], damage: Exception) -> Response[bytes]:
    """Only the read models are read as they are; damage of the log is a DeskError."""
    _log.error("A request met damage: %s", damage)
    request.app.state.desk.condemn()
    words = "The files that the pages are read from are damaged. Nothing is lost: the log holds everything."
    return respond(problem(503, "read_models_damaged", words, "End the desk and start it again: it builds them anew."))


def from_still_building(request: Request[Any, Any, Any], building: StillBuilding) -> Response[AsOf]:
    """No error: what was asked for is on its way."""
    asked = views.as_of(request.app.state.desk, building.position, Building(building.done, building.position))
    return Response(asked, status_code=202, headers={"retry-after": "1"})


HANDLERS: dict[int | type[Exception], Any] = {
    DeskError: from_desk_error,
    StillBuilding: from_still_building,
    ValidationException: from_validation,
    HTTPException: from_http_error,
    **dict.fromkeys(DAMAGED, from_damage),
    Exception: from_anything,
}
