"""Files that a program uploads, in a form that can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi import AssetArchive, FileAsset


@dataclass(frozen=True)
class Archive:
    """The files of an archive."""

    files: Mapping[str, bytes] = field(repr=False)
    """Path in the archive -> content, sorted."""


def plain(value: Any) -> Any:
    """Return inputs with every archive read.

    Raises:
        TypeError: An asset is not emulated.
    """
    if isinstance(value, AssetArchive):
        assets = value.assets
        return Archive({name: _read(name, assets[name]) for name in sorted(assets)})
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _read(name: str, asset: Any) -> bytes:
    if not isinstance(asset, FileAsset):
        raise TypeError(f"{name}: only files are emulated as assets, got {type(asset).__name__}")
    return Path(asset.path).read_bytes()
