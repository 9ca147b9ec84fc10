"""Exact versions of what a generated repository installs, as groundplan's own tests use them."""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

PINS_FILE = "pins.txt"


def pins() -> Mapping[str, str]:
    """Return the pinned version of each distribution, by its normalised name."""
    text = files(__package__).joinpath(PINS_FILE).read_text("utf-8")
    rows = (line.split("==") for line in text.splitlines() if line and not line.startswith("#"))
    return MappingProxyType({name: version for name, version in rows})
