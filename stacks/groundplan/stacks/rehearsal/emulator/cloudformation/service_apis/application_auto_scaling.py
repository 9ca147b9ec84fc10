"""Application Auto Scaling: the copies of inference components, which moto does not know."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

from moto.applicationautoscaling import models, responses

_KNOWN = {item.name: item.value for item in models.ScalableDimensionValueSet}
_DIMENSIONS = Enum(  # type: ignore[misc]
    "ScalableDimensionValueSet",
    {**_KNOWN, "SAGEMAKER_COPIES": "sagemaker:inference-component:DesiredCopyCount"},
)


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """Module, attribute and what takes its place."""
    for module in (models, responses):
        yield module, "ScalableDimensionValueSet", _DIMENSIONS
