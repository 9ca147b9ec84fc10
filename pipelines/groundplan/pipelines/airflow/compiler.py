"""Pipeline -> one DAG file for Airflow 2.11 and 3, with the Amazon provider."""

import json
import pprint
from collections.abc import Iterable

from groundplan.pipelines.airflow.template import (
    IMPORTS,
    PROCESSING,
    PROCESSING_IMPORT,
    SURROUNDINGS,
)
from groundplan.pipelines.dag import Pipeline, dependencies
from groundplan.pipelines.embedding import (
    checked,
    described,
    encoded,
    handlers,
    placeholders,
    producers,
    source,
    timeout_seconds,
)
from groundplan.pipelines.programs import PROGRAMS, refuse
from groundplan.pipelines.steps import ProcessingJob, Step

ORCHESTRATOR = "Airflow"
OPERATORS: dict[type[Step], str] = dict.fromkeys(PROGRAMS, "PythonOperator") | {
    ProcessingJob: "SageMakerProcessingOperator"
}
"""Kind of step: the operator that it becomes."""

# Task ids of our own have a hyphen, which no step's id has.
OUTPUTS = "pipeline-outputs"
FAILED = "pipeline-failed"
LOST_WORKER_RETRIES = 2


def dag_source(pipeline: Pipeline) -> str:
    """A DAG file that needs Airflow and its Amazon provider, and nothing of groundplan.

    Raises:
        PipelineError: If a step is of a kind that is not meant for Airflow.
    """
    for group, steps in (("steps", pipeline.steps), ("on_failure", pipeline.on_failure)):
        for step in steps:
            if type(step) not in OPERATORS:
                raise refuse(f"{group}[{step.id}]", step, ORCHESTRATOR, OPERATORS)
    checked(pipeline)
    every = (*pipeline.steps, *pipeline.on_failure)
    jobs = any(isinstance(step, ProcessingJob) for step in pipeline.steps)
    parts = [
        f'"""The pipeline {pipeline.name}. Written by groundplan: edit the project, not this file."""',
        source({PROGRAMS[type(step)][0] for step in every}, (*_imports(jobs),)),
        SURROUNDINGS,
        *((PROCESSING,) if jobs else ()),
        _steps(pipeline),
        _dag(pipeline),
    ]
    return "\n\n".join(part.strip("\n") + "\n" for part in parts)


def _imports(jobs: bool) -> Iterable[str]:
    yield "from datetime import datetime, timedelta, timezone"
    yield IMPORTS.strip("\n") + ("\n" + PROCESSING_IMPORT.strip("\n") if jobs else "")


def _steps(pipeline: Pipeline) -> str:
    """What each step is given; ``STEPS`` lists those whose failure ends the run."""
    lines = [f"STEPS = {_literal([step.id for step in pipeline.order()])}"]
    lines += [
        f"{_constant(step)} = {_literal(described(step))}"
        for step in (*pipeline.order(), *handlers(pipeline))
    ]
    return "\n".join(lines)


def _constant(step: Step) -> str:
    return f"STEP_{step.id.upper()}"


def _dag(pipeline: Pipeline) -> str:
    parameters = [
        f"        {json.dumps(item.name)}: Param({item.default!r}, type='string', "
        f"description={item.description!r}),"
        for item in pipeline.parameters
    ]
    parameters += [
        f"        {json.dumps(name)}: Param(type='string', description='known to AWS only'),"
        for name in placeholders(pipeline)
    ]
    lines = [
        "with DAG(",
        f"    dag_id={pipeline.name!r},",
        "    schedule=None,",
        "    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),",
        "    catchup=False,",
        f"    dagrun_timeout=timedelta(seconds={pipeline.timeout_seconds}),",
        "    tags=['groundplan'],",
        "    params={",
        *parameters,
        "    },",
        "    default_args={",
        "        'trigger_rule': 'none_failed',",
        f"        'retries': {LOST_WORKER_RETRIES},",
        "        'retry_delay': timedelta(seconds=30),",
        "    },",
        "):",
    ]
    for step in pipeline.order():
        lines += _task(step)
    tasks = [f"{step.id}_" for step in pipeline.order()]
    if pipeline.outputs:
        lines += _outputs(pipeline)
        tasks.append("outputs_")
    lines += _handling(pipeline, tasks)
    return "\n".join(lines)


def _task(step: Step) -> list[str]:
    lines: list[str] = []
    timeout = f"        execution_timeout=timedelta(seconds={timeout_seconds(step)}),"
    reads = repr(producers(step))
    if isinstance(step, ProcessingJob):
        polls = step.job.max_runtime_seconds // 60 + 60
        lines += [
            f"    {step.id}_ = ProcessingTask(",
            f"        task_id='{step.id}',",
            f"        step={_constant(step)},",
            f"        reads={reads},",
            "        aws_conn_id=AWS_CONN_ID,",
            "        print_log=False,",
            "        check_interval=POLL_SECONDS,",
            f"        max_attempts={polls},",
            "        action_if_job_exists='fail',",
            timeout,
            "    )",
        ]
    else:
        function = PROGRAMS[type(step)][1]
        lines += [
            f"    {step.id}_ = PythonOperator(",
            f"        task_id='{step.id}',",
            f"        python_callable=carried_out({function}, {_constant(step)}, {reads}),",
            timeout,
            "    )",
        ]
    upstream = ", ".join(f"{other}_" for other in dependencies(step))
    if upstream:
        lines.append(f"    [{upstream}] >> {step.id}_")
    return lines


def _outputs(pipeline: Pipeline) -> list[str]:
    data = {name: encoded(value) for name, value in pipeline.outputs}
    reads = producers(pipeline.outputs)
    literal = _literal(data, indent=8)
    return [
        "    outputs_ = PythonOperator(",
        f"        task_id='{OUTPUTS}',",
        f"        python_callable=gathered({literal}, {reads!r}),",
        "    )",
        f"    [{', '.join(f'{step.id}_' for step in pipeline.order())}] >> outputs_",
    ]


def _handling(pipeline: Pipeline, tasks: list[str]) -> list[str]:
    """Handlers, then a last task that fails when anything has: leaves decide how a run ended."""
    listed = f"[{', '.join(tasks)}]"
    lines: list[str] = []
    before = listed
    for index, step in enumerate(handlers(pipeline)):
        rule = "one_failed" if index == 0 else "all_success"
        function = PROGRAMS[type(step)][1]
        name, reads = f"{step.id}_", repr(producers(step))
        lines += [
            f"    {name} = PythonOperator(",
            f"        task_id='{step.id}',",
            f"        python_callable=handled({function}, {_constant(step)}, {reads}),",
            f"        trigger_rule='{rule}',",
            f"        execution_timeout=timedelta(seconds={timeout_seconds(step)}),",
            "    )",
            f"    {before} >> {name}",
        ]
        before = name
    upstream = [*tasks, *(f"{step.id}_" for step in pipeline.on_failure)]
    return [
        *lines,
        "    failed_ = PythonOperator(",
        f"        task_id='{FAILED}', python_callable=fail, trigger_rule='one_failed', retries=0",
        "    )",
        f"    [{', '.join(upstream)}] >> failed_",
    ]


def _literal(data: object, indent: int = 0) -> str:
    text = pprint.pformat(data, width=96 - indent, sort_dicts=False)
    return text.replace("\n", "\n" + " " * indent)
