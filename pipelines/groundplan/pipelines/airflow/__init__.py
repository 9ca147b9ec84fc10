"""Compiles pipelines to Apache Airflow, for Amazon MWAA."""

from groundplan.pipelines.airflow.compiler import OPERATORS, dag_source

__all__ = ["OPERATORS", "dag_source"]
