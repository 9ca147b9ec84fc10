"""Compiles pipelines to Kubeflow Pipelines."""

from groundplan.pipelines.kubeflow.check import check_package
from groundplan.pipelines.kubeflow.compiler import IMAGE, package

__all__ = ["IMAGE", "check_package", "package"]
