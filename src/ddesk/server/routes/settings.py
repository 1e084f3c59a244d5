"""`/api/settings`: what a person can set."""

from litestar import Controller, get, put
from litestar.params import FromPath, JSONBody

from ddesk.server.context import TheDesk, TheOrigin, TheReading, both
from ddesk.server.schemas import Page
from ddesk.server.system_schemas import Setting, SettingChange
from ddesk.settings import Described, describe


class SettingsQuery(Controller):
    path = "/settings"
    tags = ("Settings",)

    @get(operation_id=both("listSettings"), summary="Every setting with its value and help")
    async def all(self, reading: TheReading) -> Page[Setting]:
        return Page([_setting(each) for each in describe(reading.settings)], None)


class SettingsRoutes(SettingsQuery):
    path = "/api/settings"

    @put("/{key:str}", operation_id="changeSetting", summary="Change one")
    async def change(
        self, desk: TheDesk, origin: TheOrigin, key: FromPath[str], data: JSONBody[SettingChange]
    ) -> Setting:
        await desk.change_setting(origin, key, data.value)
        return next(_setting(each) for each in describe(desk.settings) if each.key == key)


def _setting(found: Described) -> Setting:
    return Setting(
        key=found.key,
        value=found.value,
        default=found.default,
        kind=found.kind,
        choices=found.choices,
        help=found.help,
        restart=found.restart,
    )
