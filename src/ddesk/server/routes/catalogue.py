"""`/api/models/catalogue`: the models that the desk knows of, and whether what came with it is whole."""

from litestar import Controller, get, post
from litestar.params import FromPath

from ddesk.server import model_views
from ddesk.server.context import TheDesk
from ddesk.server.model_schemas import CatalogueModel, Licence
from ddesk.server.schemas import Page


class CatalogueRoutes(Controller):
    path = "/api/models/catalogue"
    tags = ("Models",)

    @get(operation_id="listCatalogue", summary="The models that come with the desk")
    async def all(self, desk: TheDesk) -> Page[CatalogueModel]:
        """No file is read for it: what was not read yet is `unchecked`."""
        return Page([model_views.catalogued(each) for each in desk.catalogue.all()], None)

    @get("/{id_:str}/licence", operation_id="getLicence", summary="The text of a model's licence")
    async def licence(self, desk: TheDesk, id_: FromPath[str]) -> Licence:
        return Licence(id=desk.catalogue.one(id_).entry.licence, text=desk.catalogue.licence(id_))

    @post(
        "/{id_:str}/check", status_code=200, operation_id="checkCatalogueModel", summary="Read its files to their ends"
    )
    async def check(self, desk: TheDesk, id_: FromPath[str]) -> CatalogueModel:
        """Also those that were whole before: a disk may damage a file without anyone's writing to it."""
        return model_views.catalogued(await desk.catalogue.check(id_))

    @post("/{id_:str}/restore", status_code=200, operation_id="restoreCatalogueModel", summary="Restore its files")
    async def restore(self, desk: TheDesk, id_: FromPath[str]) -> CatalogueModel:
        """Unpacks again what is missing or damaged, and nothing else."""
        return model_views.catalogued(await desk.catalogue.restore(id_))
