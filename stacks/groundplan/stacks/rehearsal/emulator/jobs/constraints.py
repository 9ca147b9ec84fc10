"""The API model's own constraints on a request, which moto does not check."""

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator
from moto.sagemaker.exceptions import AWSValidationException

from groundplan.stacks.rehearsal.emulator.step_functions.services import service_model


def check(operation: str, request: dict[str, Any]) -> None:
    """Refuse a SageMaker request that does not fit the operation's input shape.

    Raises:
        AWSValidationException: Members, types, patterns, lengths or values that do not fit.
    """
    shape = service_model("sagemaker").operation_model(operation).input_shape
    if shape is None:
        return
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        raise AWSValidationException(report.generate_report())
    errors = list(_errors(request, shape, ""))
    if errors:
        count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected"
        raise AWSValidationException(f"{count}: {'; '.join(errors)}")


def _errors(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name, item in value.items():
            member = name[:1].lower() + name[1:]
            yield from _errors(item, shape.members[name], f"{path}.{member}".lstrip("."))
    elif isinstance(shape, ListShape):
        yield from _size(value, shape, path)
        for index, item in enumerate(value, start=1):
            yield from _errors(item, shape.member, f"{path}.{index}.member")
    elif isinstance(shape, MapShape):
        yield from _size(value, shape, path)
        for key, item in value.items():
            yield from _errors(key, shape.key, f"{path}.key")
            yield from _errors(item, shape.value, f"{path}.{key}.value")
    elif isinstance(shape, StringShape):
        yield from _size(value, shape, path)
        yield from _text(value, shape, path)
    elif isinstance(value, int):
        limit = shape.metadata.get("max")
        if limit is not None and value > limit:
            yield _error(value, path, f"have value less than or equal to {limit}")


def _size(value: Any, shape: Shape, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if len(value) < low:
        yield _error(value, path, f"have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _error(value, path, f"have length less than or equal to {high}")


def _text(value: str, shape: StringShape, path: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield _error(value, path, f"satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    # Java's character classes (\p) are beyond Python; only names of people and tags have them
    if pattern and r"\p" not in pattern and not re.fullmatch(pattern, value, re.DOTALL):
        yield _error(value, path, f"satisfy regular expression pattern: {pattern}")


def _error(value: object, path: str, rule: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {rule}"
