"""`/api/session`: signing a browser in."""

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.params import JSONBody

from ddesk.errors import Denied
from ddesk.server.context import TheDesk
from ddesk.server.sessions import COOKIE_SECONDS, Sessions
from ddesk.server.system_schemas import LaunchCode, Session, SignIn


class SessionRoutes(Controller):
    path = "/api/session"
    tags = ("Session",)

    @post(operation_id="signIn", summary="Trade a launch code for a session")
    async def sign_in(self, desk: TheDesk, state: State, data: JSONBody[SignIn]) -> Response[Session]:
        sessions = _sessions(state)
        value = sessions.exchange(data.code)
        if value is None:
            raise Denied(
                "bad_launch_code",
                "This launch address was used before, or is older than five minutes.",
                "Run `ddesk` again: it opens a fresh one.",
            )
        cookie = Cookie(
            sessions.cookie, value=value, httponly=True, samesite="strict", max_age=COOKIE_SECONDS, path="/"
        )
        return Response(Session(True, desk.version), cookies=[cookie])

    @get(operation_id="getSession", summary="Whether this browser is signed in")
    async def now(self, desk: TheDesk) -> Session:
        return Session(True, desk.version)

    @post("/launch", operation_id="makeLaunchCode", summary="An address that signs a browser in, once")
    async def launch(self, state: State) -> LaunchCode:
        return LaunchCode(f"{state.url}/#code={_sessions(state).launch_code()}")


def _sessions(state: State) -> Sessions:
    sessions = state.sessions
    assert isinstance(sessions, Sessions)
    return sessions
