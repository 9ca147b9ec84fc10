"""Values of a template's parameters."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ValidationError

SSM_TYPE = re.compile(r"AWS::SSM::Parameter::Value<(?P<type>.+)>")
LISTS = ("CommaDelimitedList", "List<String>", "List<Number>")


@dataclass(frozen=True)
class Parameter:
    """One parameter as a stack holds it."""

    value: str
    """What was given, or the default; for an SSM type the name of the SSM parameter."""

    resolved: Any
    """What a Ref gives."""

    from_ssm: bool
    no_echo: bool


def resolve_parameters(
    declared: Mapping[str, Mapping[str, Any]],
    given: Sequence[Mapping[str, Any]],
    previous: Mapping[str, Parameter],
    read_ssm: Callable[[str], str],
) -> dict[str, Parameter]:
    """Values for every declared parameter.

    Args:
        declared: The template's ``Parameters``.
        given: ``Parameters`` of the request.
        previous: What the stack holds now; empty for a new stack.
        read_ssm: Reads an SSM parameter by name.

    Raises:
        ValidationError: A value is missing, unknown or not allowed.
    """
    values: dict[str, str] = {}
    for item in given:
        key = item["ParameterKey"]
        if not item.get("UsePreviousValue"):
            values[key] = str(item.get("ParameterValue", ""))
        elif key not in previous:
            raise ValidationError(f"Invalid value for parameter {key}: there is no previous value")
        elif "ParameterValue" in item:
            raise ValidationError(
                f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true "
                "and non empty value for a parameter"
            )
        else:
            values[key] = previous[key].value
    unknown = sorted(values.keys() - declared.keys())
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = sorted(k for k, d in declared.items() if k not in values and "Default" not in d)
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    return {
        key: _resolve(
            key, declaration, values.get(key, _text(declaration.get("Default"))), read_ssm
        )
        for key, declaration in declared.items()
    }


def _resolve(
    key: str, declaration: Mapping[str, Any], value: str, read_ssm: Callable[[str], str]
) -> Parameter:
    ssm = SSM_TYPE.fullmatch(declaration["Type"])
    kind = ssm["type"] if ssm else declaration["Type"]
    text = read_ssm(value) if ssm else value
    if not ssm:
        _check(key, declaration, text)
    if kind in LISTS:
        resolved: Any = [part.strip() for part in text.split(",")]
    elif kind in ("String", "Number") or kind.startswith("AWS::"):
        resolved = text
    else:
        raise ValidationError(f"Parameter type is not emulated: {kind} of {key}")
    return Parameter(
        value=value,
        resolved=resolved,
        from_ssm=ssm is not None,
        no_echo=str(declaration.get("NoEcho", False)).lower() == "true",
    )


def _check(key: str, declaration: Mapping[str, Any], value: str) -> None:
    def refuse(constraint: str) -> None:
        detail = declaration.get("ConstraintDescription", constraint)
        raise ValidationError(f"Parameter '{key}' must {detail}, got '{value}'")

    allowed = [_text(item) for item in declaration.get("AllowedValues", ())]
    if allowed and value not in allowed:
        refuse(f"be one of AllowedValues: {', '.join(allowed)}")
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, value):
        refuse(f"match pattern {pattern}")
    if not int(declaration.get("MinLength", 0)) <= len(value):
        refuse(f"contain at least {declaration['MinLength']} characters")
    if len(value) > int(declaration.get("MaxLength", len(value))):
        refuse(f"contain at most {declaration['MaxLength']} characters")
    if declaration["Type"] == "Number":
        try:
            number = float(value)
        except ValueError as exc:
            raise ValidationError(f"Parameter '{key}' must be a number, got '{value}'") from exc
        low, high = declaration.get("MinValue", number), declaration.get("MaxValue", number)
        if not float(low) <= number <= float(high):
            refuse(f"be between {low} and {high}")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
