"""`/api/settings`: what a person can set."""

from litestar import Controller, get, put

from ddesk.app.desk import Desk
from ddesk.events.envelope import Origin
from ddesk.server.schemas import Page, Setting, SettingChange
from ddesk.settings import Described, describe


class SettingsRoutes(Controller):
    path = "/api/settings"
    tags = ("Settings",)

    @get(operation_id="listSettings", summary="Every setting with its value and help")
    async def all(self, desk: Desk) -> Page[Setting]:
        return Page([_setting(each) for each in describe(desk.settings)], None)

    @put("/{key:str}", operation_id="changeSetting", summary="Change one")
    async def change(self, desk: Desk, origin: Origin, key: str, data: SettingChange) -> Setting:
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
