"""Spec of a container image that the project builds."""

from typing import Annotated

from pydantic import Field

from groundplan.blueprints.spec.base import RELATIVE_PATH, Name, SpecModel

RelativePath = Annotated[str, Field(pattern=RELATIVE_PATH)]


class ImageSpec(SpecModel):
    """A container image, built from a folder of the project; one repository of the tooling account."""

    name: Name
    """Name by which models use it; part of the repository's name."""

    context: RelativePath = "ml"
    """Folder to build, relative to the spec; the image's working directory. Default: ``ml``."""

    dockerfile: RelativePath = "Dockerfile"
    """Docker file, relative to ``context``. Default: ``Dockerfile``."""
