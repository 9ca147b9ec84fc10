"""Compiles pipelines to Amazon SageMaker Pipelines."""

from groundplan.pipelines.sagemaker.check import check_definition
from groundplan.pipelines.sagemaker.compiler import COMPILERS, GATES, definition, notes
from groundplan.pipelines.sagemaker.facts import FACTS

__all__ = ["COMPILERS", "FACTS", "GATES", "check_definition", "definition", "notes"]
