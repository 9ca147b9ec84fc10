"""Compiles pipelines to AWS Step Functions."""

from groundplan.pipelines.step_functions.api_calls import (
    Request,
    api_calls,
    iam_action,
    requests,
)
from groundplan.pipelines.step_functions.compiler import (
    definition,
    definition_json,
    placeholders,
)

__all__ = [
    "Request",
    "api_calls",
    "definition",
    "definition_json",
    "iam_action",
    "placeholders",
    "requests",
]
