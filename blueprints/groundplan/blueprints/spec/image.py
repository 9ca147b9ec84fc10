"""Spec of a container image that the project builds."""

from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import RELATIVE_PATH, Name, SpecModel

RelativePath = Annotated[str, Field(pattern=RELATIVE_PATH)]


class ImageSpec(SpecModel):
    """A container image, built from a folder of the project; one repository of the tooling account."""

    name: Name
    """Name by which models use it; part of the repository's name."""

    context: RelativePath = "ml"
    """Folder to build, relative to the spec; the image's working directory. Default: ``ml``."""

    family: Literal["tabular", "image", "text"] | None = None
    """What kind of programs ``groundplan generate`` writes into a folder that is not there yet:
    ``tabular`` (gradient boosting by scikit-learn), ``image`` or ``text`` (PyTorch). Default:
    ``image`` where a model is trained on accelerators, else ``tabular``."""

    dockerfile: RelativePath = "Dockerfile"
    """Docker file, relative to ``context``. Default: ``Dockerfile``."""
