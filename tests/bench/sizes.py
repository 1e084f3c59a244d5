"""How much each bench does."""

from msgspec import Struct


class Sizes(Struct, frozen=True, kw_only=True):
    """Numbers of what the names say; `rebuilt` and `logged` count events, `pages` the pages read out of `pictures`,
    and of the `history` events of a timeline."""

    appended_generations: int = 400
    clients_commands: int = 6_400
    read_generations: int = 4_000
    rebuilt: int = 100_000
    logged: int = 1_000_000
    pictures: int = 1_000_000
    pages: int = 3_000
    history: int = 1_000_000
    generations: int = 11
    cancels: int = 15
    launches: int = 9
    crashes: int = 1_000


USUAL = Sizes()
QUICK = Sizes(
    appended_generations=100,
    clients_commands=1_600,
    read_generations=1_000,
    rebuilt=20_000,
    logged=20_000,
    pictures=20_000,
    pages=500,
    history=20_000,
    generations=3,
    cancels=3,
    launches=3,
    crashes=20,
)
