"""What every spec model shares: the base class, common field types, the marker of unbuilt fields."""

import math
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Strict
from pydantic_core import PydanticCustomError

SLUG = r"^[a-z](-?[a-z0-9])*$"
"""Lower-case words joined by single hyphens; starts with a letter."""

ACCOUNT_ID = r"^[0-9]{12}$"
EMAIL = r"^[^@\s<>]+@[^@\s<>.]+(\.[^@\s<>.]+)+$"
ORGANIZATION_ID = r"^o-[a-z0-9]{10,32}$"
ROLE_ARN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$"
BOUNDARY = r"^(managed|arn:aws[a-z-]*:iam::([0-9]{12}|\*):policy/[A-Za-z0-9+=,.@_/-]+)$"
ADMINISTRATOR = r"^arn:aws[a-z-]*:iam::([0-9]{12}|\*):role/[A-Za-z0-9+=,.@_/*-]+$"
REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)+$"
CONNECTION = (
    r"^(create|arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}"
    r":connection/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
)
HTTPS_ADDRESS = r"^https://[a-z0-9-]+(\.[a-z0-9-]+)+$"
RELATIVE_PATH = r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$"
VERSION = r"^[0-9]+\.[0-9]+\.[0-9]+$"
ALGORITHM = r"^[a-z][a-z0-9-]*@[0-9][0-9.-]*$"
VPC_ID = r"^vpc-[0-9a-f]{8,17}$"
SUBNET_ID = r"^subnet-[0-9a-f]{8,17}$"
SECURITY_GROUP_ID = r"^sg-[0-9a-f]{8,17}$"
METRIC = r"^[A-Za-z][A-Za-z0-9_:.-]*$"


def mistake(problem: str, fix: str) -> PydanticCustomError:
    """Return an error whose text is already in groundplan's form."""
    return PydanticCustomError("groundplan", "{problem}; {fix}", {"problem": problem, "fix": fix})


def choose(field: str, *tags: str, default: str = "") -> Discriminator:
    """Return what picks the member of a union by the text in ``field``.

    Args:
        field: Field that every member has.
        tags: Values of the field, one a member.
        default: Value where the field is left out. Default: it must be there.
    """

    def tag(value: Any) -> str:
        found = value.get(field, default) if isinstance(value, dict) else value
        found = getattr(found, field, found)
        if isinstance(found, str) and found in tags:
            return found
        return "" if isinstance(value, dict) else tags[0]

    tag.__name__ = field  # pydantic names the function in its error
    return Discriminator(tag)


@dataclass(frozen=True, slots=True)
class NotBuilt:
    """Marks a field whose resources are not built yet: a spec that sets it is refused.

    A field left out, or set to its default, is accepted.
    """

    built: tuple[str, ...] = ()
    """Values of the field that are built. Default: none but the field's default."""


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Describe each field by the text below it, and say which are not built.

    pydantic would read the source of every model at import; only the schema needs it.
    """
    from groundplan.blueprints.spec.attribute_docs import attribute_docs

    for name, text in attribute_docs(model).items():
        if name in schema.get("properties", {}):
            schema["properties"][name]["description"] = text
    for name, field in model.model_fields.items():
        for marker in field.metadata:
            if isinstance(marker, NotBuilt):
                only = f", except for {', '.join(marker.built)}" if marker.built else ""
                described = schema["properties"][name]
                text = f"Not built yet: refused when set{only}."
                described["description"] = f"{described.get('description', '')}\n\n{text}".strip()


class SpecModel(BaseModel):
    """Base of every spec model: closed, immutable, documented by attribute docstrings."""

    model_config = ConfigDict(
        allow_inf_nan=False,
        defer_build=True,
        extra="forbid",
        frozen=True,
        json_schema_extra=_describe,
    )


def _account_id(value: object) -> object:
    """Accept an account id written without quotes, which YAML and JSON read as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value)
        if len(text) != 12 or value < 0:
            raise mistake(
                "an account id has 12 digits",
                "put all 12 digits in quotes, since a number loses its leading zeros",
            )
        return text
    return value


def _account_id_schema(schema: dict[str, Any]) -> None:
    text = {key: schema.pop(key) for key in ("type", "pattern")}
    number = {"type": "integer", "minimum": 10**11, "maximum": 10**12 - 1}
    schema["anyOf"] = [text, number]


def _scalar(value: object) -> object:
    if not isinstance(value, str | bool | int | float):
        raise mistake("must be text, a number, true or false", "write one value")
    if isinstance(value, float) and not math.isfinite(value):
        raise mistake("must be a finite number", "write one that fits")
    if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
        raise mistake("must be Unicode text", "remove half of a surrogate pair")
    if isinstance(value, str) and len(value) > 2500:
        raise mistake("must have at most 2500 characters", "shorten it")
    return value


Scalar = Annotated[str | bool | int | float, BeforeValidator(_scalar)]
"""Text, a number, true or false, kept as it is."""

AccountId = Annotated[
    str,
    Field(pattern=ACCOUNT_ID, examples=["111111111111"], json_schema_extra=_account_id_schema),
    BeforeValidator(_account_id),
]
ProjectName = Annotated[str, Field(pattern=SLUG, min_length=3, max_length=24)]
EnvironmentName = Annotated[str, Field(pattern=SLUG, min_length=2, max_length=16)]
Name = Annotated[str, Field(pattern=SLUG, min_length=2, max_length=40)]
AccountKey = Annotated[str, Field(pattern=SLUG, min_length=1, max_length=24)]
RoleArn = Annotated[str, Field(pattern=ROLE_ARN)]
Email = Annotated[str, Field(pattern=EMAIL, max_length=254, examples=["ml-platform@acme.example"])]
Text = Annotated[str, Field(min_length=1, max_length=1024)]
RepositoryName = Annotated[str, Field(pattern=REPOSITORY, examples=["acme/churn"])]
MetricName = Annotated[str, Field(pattern=METRIC, max_length=128, examples=["auc"])]
Flag = Annotated[bool, Strict()]
Number = Annotated[float, Strict()]
Share = Annotated[float, Strict(), Field(ge=0, le=1)]
Count = Annotated[int, Strict(), Field(ge=1)]
Percent = Annotated[int, Strict(), Field(ge=1, le=100)]
Hours = Annotated[float, Strict(), Field(gt=0, le=672)]
Minutes = Annotated[int, Strict(), Field(ge=1, le=1440)]
Days = Annotated[int, Strict(), Field(ge=1, le=36500)]
Command = Annotated[tuple[Text, ...], Field(min_length=1, max_length=100)]
