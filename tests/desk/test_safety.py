"""Who may talk to the desk, and what it says to the others."""

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.desk_process import SMALL, DeskProcess

METHODS = ("get", "post", "put", "delete", "patch")


def routes(desk: DeskProcess) -> list[tuple[str, str]]:
    paths = desk.get("/schema")["paths"]
    return [(method.upper(), path) for path, item in paths.items() for method in METHODS if method in item]


def stranger(desk: DeskProcess, **more: str) -> httpx.Client:
    return httpx.Client(base_url=desk.url, headers=more, trust_env=False)


def test_every_route_of_the_schema_wants_a_token(first_desk: DeskProcess) -> None:
    found = routes(first_desk)
    assert len(found) > 20
    with stranger(first_desk) as http:
        for method, path in found:
            answer = http.request(method, path.replace("{id_}", "x"), json={"code": "wrong"})
            assert answer.status_code == 401, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] in ("not_signed_in", "bad_launch_code")


@pytest.mark.parametrize("path", ["/%2fapi/system", "/%2f/api//system/", "/api%2f/system"])
def test_no_other_spelling_of_an_address_does_without_a_token(first_desk: DeskProcess, path: str) -> None:
    with stranger(first_desk) as http:
        assert http.get(path).status_code == 401


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Basic wrong", "bearer"])
def test_a_wrong_token_is_no_token(first_desk: DeskProcess, authorization: str) -> None:
    with stranger(first_desk, Authorization=authorization) as http:
        assert http.get("/api/system").status_code == 401


def test_the_live_connection_wants_a_token(first_desk: DeskProcess) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(first_desk.url.replace("http", "ws") + "/api/live", proxy=None),
    ):
        pass
    assert refused.value.response.status_code == 401
    assert b"not_signed_in" in (refused.value.response.body or b"")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7433", "127.0.0.1.evil.example"])
def test_another_name_for_this_machine_is_refused(first_desk: DeskProcess, host: str) -> None:
    answer = first_desk.http.get("/api/system", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_host")


def test_pages_of_other_sites_are_refused(first_desk: DeskProcess) -> None:
    answer = first_desk.http.post("/api/queue/pause", headers={"Origin": "http://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_origin")
    assert not first_desk.get("/api/queue")["paused"]


def test_the_live_connection_refuses_other_sites_too(first_desk: DeskProcess) -> None:
    headers = {"Authorization": f"Bearer {first_desk.token}", "Origin": "http://evil.example"}
    url = first_desk.url.replace("http", "ws") + "/api/live"
    with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=headers, proxy=None):
        pass
    assert refused.value.response.status_code == 403


def test_the_launch_address_signs_a_browser_in_once(first_desk: DeskProcess) -> None:
    code = first_desk.launch_url.split("#code=")[1]
    with stranger(first_desk) as http:
        signed_in = http.post("/api/session", json={"code": code})
        assert signed_in.status_code == 201
        cookie = signed_in.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert http.get("/api/session").json()["signed_in"]
        assert http.get("/api/system").status_code == 200
    with stranger(first_desk) as http:
        again = http.post("/api/session", json={"code": code})
        assert (again.status_code, again.json()["code"]) == (401, "bad_launch_code")


def test_what_a_browser_does_is_done_by_the_user(first_desk: DeskProcess) -> None:
    code = first_desk.launch_url.split("#code=")[1]
    with stranger(first_desk, Origin=first_desk.url) as http:
        http.post("/api/session", json={"code": code}).raise_for_status()
        http.post("/api/queue/pause").raise_for_status()
        http.post("/api/queue/resume").raise_for_status()
    assert first_desk.get("/api/events?stream=queue&limit=1")["items"][0]["actor"] == "user"


def test_a_forged_cookie_is_no_session(first_desk: DeskProcess) -> None:
    code = first_desk.launch_url.split("#code=")[1]
    with stranger(first_desk) as http:
        cookie = http.post("/api/session", json={"code": code}).headers["set-cookie"].split(";")[0]
    forged = cookie[:-1] + ("0" if cookie[-1] != "0" else "1")
    with stranger(first_desk, Cookie=cookie) as http:
        assert http.get("/api/system").status_code == 200
    with stranger(first_desk, Cookie=forged) as http:
        assert http.get("/api/system").status_code == 401


def test_answers_are_sealed(first_desk: DeskProcess) -> None:
    with stranger(first_desk) as http:
        page = http.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe-eval" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


def test_a_requests_id_runs_through_its_answer_its_events_and_the_log(first_desk: DeskProcess) -> None:
    answer = first_desk.http.post("/api/queue/pause", headers={"X-Request-Id": "find-me-17"})
    first_desk.post("/api/queue/resume")
    assert answer.headers["x-request-id"] == "find-me-17"
    paused = first_desk.get("/api/events?stream=queue&type=QueuePaused&limit=1")["items"][0]
    assert paused["correlation_id"] == "find-me-17"
    lines = (first_desk.data / "logs" / "desk.log").read_text().splitlines()
    assert any("[find-me-17] POST /api/queue/pause 200" in line for line in lines)


def test_an_idempotency_key_makes_a_command_happen_once(first_desk: DeskProcess) -> None:
    before = first_desk.get("/api/events?limit=1")["items"][0]["position"]
    for _ in range(2):
        first_desk.http.post("/api/queue/pause", headers={"Idempotency-Key": "pause-once"}).raise_for_status()
        first_desk.post("/api/queue/resume")
    told = first_desk.get(f"/api/events?after={before}&stream=queue")["items"]
    assert [each["type"] for each in told] == ["QueuePaused", "QueueResumed"]


def test_the_session_file_is_for_its_owner_alone(first_desk: DeskProcess) -> None:
    assert (first_desk.data / "desk.json").stat().st_mode & 0o777 == 0o600
    assert first_desk.data.stat().st_mode & 0o077 == 0 or first_desk.data.parent.stat().st_mode & 0o077 == 0


def test_a_request_that_is_sent_again_with_its_key_is_answered_as_it_was(first_desk: DeskProcess) -> None:
    def post(path: str, body: object) -> httpx.Response:
        return first_desk.http.post(path, json=body, headers={"Idempotency-Key": "this-picture"})

    wish = {"prompt": "a red car", **SMALL}
    first, again = (post("/api/generations", wish).json() for _ in range(2))
    assert again["id"] == first["id"]
    first_desk.finished(first["id"])
    assert (
        first_desk.http.post("/api/queue/pause", headers={"Idempotency-Key": "a key	with blanks"}).json()["code"]
        == "bad_idempotency_key"
    )


def test_a_key_of_another_command_makes_no_picture(first_desk: DeskProcess) -> None:
    headers = {"Idempotency-Key": "another-command"}
    first_desk.http.post("/api/queue/pause", headers=headers).raise_for_status()
    first_desk.post("/api/queue/resume")
    answer = first_desk.http.post("/api/generations", json={"prompt": "a red car", **SMALL}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "key_in_use")


@pytest.mark.parametrize("path", ["/api/nothing", "/schema/nothing", "/internal/nothing"])
def test_an_unknown_address_of_the_api_is_a_problem_and_not_the_page(first_desk: DeskProcess, path: str) -> None:
    answer = first_desk.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_address")


@pytest.mark.parametrize("path", ["/../desk.json", "/..%2fdesk.json", "/assets/../../bootstrap.py", "/.stamp"])
def test_no_path_leads_out_of_the_page(first_desk: DeskProcess, path: str) -> None:
    with stranger(first_desk) as http:
        answer = http.get(path)
    assert first_desk.token not in answer.text
    assert "running_desk" not in answer.text
