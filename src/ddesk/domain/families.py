"""What families of image models need and accept: the shape of `defaults/families.toml`, which explains each value."""

from collections.abc import Mapping

from msgspec import Struct

from ddesk.events.preset import ImageDefaults


class Family(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str
    forms: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    accepts: tuple[str, ...]
    latents: int
    defaults: ImageDefaults
    autoencoders: tuple[str, ...] = ("vae",)
    trained_with: tuple[str, ...] = ()


class Families(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`parts` are the places that a preset has for files, with their titles."""

    parts: Mapping[str, str]
    families: Mapping[str, Family]

    def titled(self, parts: tuple[str, ...]) -> str:
        """`autoencoder (VAE) or tiny autoencoder (TAESD)`."""
        return " or ".join(self.parts.get(part, part) for part in parts)
