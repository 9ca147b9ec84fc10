"""Compiles pipelines to AWS Step Functions."""

from groundplan.pipelines.step_functions.api_calls import api_calls
from groundplan.pipelines.step_functions.compiler import (
    definition,
    definition_json,
    placeholders,
)

__all__ = ["api_calls", "definition", "definition_json", "placeholders"]
