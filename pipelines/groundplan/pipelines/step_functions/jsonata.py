"""Values of a pipeline as JSONata, the query language of the state machines.

Each step keeps what it produces in one variable named after it: ``TextOutput("image", "digest")`` is
``$image.digest``.
"""

import json
import re

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.values import (
    Either,
    Execution,
    Failure,
    Join,
    NumberOutput,
    ObjectOutput,
    Parameter,
    Text,
    TextOutput,
    Value,
)

PLACEHOLDER = re.compile(r"\$\{[A-Z][A-Za-z0-9]*\}")
SHORT_ID = "$substring($hash($states.context.Execution.Id, 'SHA-256'), 0, 16)"

# A step's variable would hide the function of that name, here and in the states of other steps.
FUNCTIONS = frozenset(
    [
        "abs",
        "append",
        "average",
        "boolean",
        "ceil",
        "clone",
        "contains",
        "count",
        "distinct",
        "each",
        "error",
        "exists",
        "filter",
        "floor",
        "hash",
        "join",
        "keys",
        "length",
        "lookup",
        "lowercase",
        "map",
        "match",
        "max",
        "merge",
        "millis",
        "min",
        "not",
        "now",
        "number",
        "pad",
        "parse",
        "partition",
        "power",
        "random",
        "range",
        "reduce",
        "replace",
        "reverse",
        "round",
        "shuffle",
        "sift",
        "single",
        "sort",
        "split",
        "spread",
        "sqrt",
        "string",
        "substring",
        "sum",
        "trim",
        "type",
        "uppercase",
        "uuid",
        "zip",
    ]
)

_FACTS = {
    "id": "$states.context.Execution.Id",
    "short_id": SHORT_ID,
    "start_time": "$states.context.Execution.StartTime",
}


def code(expression: str) -> str:
    """A JSONata expression as it is written in a definition."""
    return "{% " + expression + " %}"


def expression(value: Value) -> str:
    """The JSONata expression that gives ``value``."""
    if isinstance(value, (TextOutput, NumberOutput, ObjectOutput)):
        return f"${value.step}.{value.name}"
    if isinstance(value, Execution):
        return _FACTS[value.fact]
    if isinstance(value, Parameter):
        return f"$parameters.{value.name}"
    if isinstance(value, Failure):
        return f"$failure.{value.fact}"
    if isinstance(value, Either):
        found = expression(value.output)
        return f"($exists({found}) ? {found} : {expression(value.otherwise)})"
    if isinstance(value, Join):
        return " & ".join(expression(part) for part in value.parts)
    if isinstance(value, str):
        # CloudFormation would take a literal ${...} for a substitution.
        return json.dumps(value).replace("${", '$" & "{')
    return json.dumps(value)


def render(value: Value) -> object:
    """``value`` as it stands in a definition: itself where it is a plain literal."""
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str) and (
        PLACEHOLDER.fullmatch(value) or ("${" not in value and not value.startswith("{%"))
    ):
        return value
    return code(expression(value))


def split_s3_uri(path: str, uri: Text) -> tuple[str, Text]:
    """Bucket and key of an ``s3://`` URI whose bucket is literal.

    Raises:
        PipelineError: If it is no such URI.
    """
    head, tail = (uri.parts[0], uri.parts[1:]) if isinstance(uri, Join) else (uri, ())
    found = re.fullmatch(r"s3://([a-z0-9.-]{3,63})/(.*)", head) if isinstance(head, str) else None
    if found is None:
        raise PipelineError(
            path, "no S3 URI with a literal bucket", got=uri, fix="use s3://BUCKET/KEY"
        )
    return found[1], Join((found[2], *tail)) if tail else found[2]


def parsed_body(body: str = "$states.result.Body") -> str:
    """The JSONata of a JSON object that S3 returns, as a text or already parsed."""
    return f"($type({body}) = 'string' ? $parse({body}) : {body})"
