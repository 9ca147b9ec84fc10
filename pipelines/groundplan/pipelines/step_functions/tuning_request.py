"""The arguments of CreateHyperParameterTuningJob."""

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.jsonata import SHORT_ID, code
from groundplan.pipelines.step_functions.states import State, job_name, tags
from groundplan.pipelines.step_functions.training_request import definition
from groundplan.pipelines.steps import TuningJob, TuningRange

MAX_NAME = 32
MAX_PREFIX = 14
SEED = 20_261_121


def name_prefix(job_prefix: str) -> str:
    """What the names of all tuning jobs of a step begin with; SageMaker allows them 32 characters."""
    return job_prefix[:MAX_PREFIX].rstrip("-")


def name(step: TuningJob, number: int) -> str:
    """JSONata of a tuning job's name on rung ``number``, new with every attempt.

    Raises:
        PipelineError: If the prefix is none that a job's name may have, or there are too many rungs.
    """
    job_name(step, step.job, number)  # the same rules
    if number > 99:
        raise PipelineError(
            f"steps[{step.id}].ladder", "must have at most 99 rungs", got=number, fix="use fewer"
        )
    digits = MAX_NAME - MAX_PREFIX - len("--99-9")
    short = f"$substring({SHORT_ID}, 0, {digits})"
    retry = "$string($states.context.State.RetryCount)"
    return f"'{name_prefix(step.job.job_prefix)}-' & {short} & '-{number}-' & {retry}"


def request(step: TuningJob, number: int) -> State:
    """The arguments on rung ``number``, counted from 1.

    A tuning job takes no entrypoint: its training jobs run the image's own program ``train``.

    Raises:
        PipelineError: If a range is empty, or its hyperparameter has a fixed value too.
    """
    _check(step)
    job = step.job
    trial = definition(step, number)
    specification = {
        "TrainingImage": trial["TrainingImage"],
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": step.objective_metric, "Regex": step.objective_regex}],
    }
    del trial["TrainingImage"]
    hyperparameters = trial.pop("HyperParameters", None)
    return {
        "HyperParameterTuningJobName": code(name(step, number)),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": step.goal,
                "MetricName": step.objective_metric,
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": step.max_jobs,
                "MaxParallelTrainingJobs": step.parallel_jobs,
            },
            "ParameterRanges": {
                "IntegerParameterRanges": _ranges(step, "integer"),
                "ContinuousParameterRanges": _ranges(step, "continuous"),
            },
            "TrainingJobEarlyStoppingType": "Off",
            "RandomSeed": SEED,
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": specification,
            **({"StaticHyperParameters": hyperparameters} if hyperparameters else {}),
            **trial,
        },
        "Tags": tags(job),
    }


def _check(step: TuningJob) -> None:
    fixed = {name for name, _ in step.hyperparameters}
    for item in step.ranges:
        path = f"steps[{step.id}].ranges[{item.name}]"
        if item.name in fixed:
            raise PipelineError(
                path, "has a fixed value too", got=item.name, fix="remove one of the two"
            )
        if not item.min < item.max or (item.scaling == "Logarithmic" and item.min <= 0):
            raise PipelineError(
                path,
                "min must be below max, and above 0 where the scale is logarithmic",
                got=f"{item.min:g} to {item.max:g}",
                fix="change the bounds",
            )
    if not step.ranges:
        raise PipelineError(
            f"steps[{step.id}].ranges", "tuning needs a range", got=(), fix="add one"
        )


def _ranges(step: TuningJob, kind: str) -> list[State]:
    return [
        {
            "Name": item.name,
            "MinValue": _bound(item, item.min),
            "MaxValue": _bound(item, item.max),
            "ScalingType": item.scaling,
        }
        for item in step.ranges
        if item.kind == kind
    ]


def _bound(item: TuningRange, value: float) -> str:
    return str(int(value)) if item.kind == "integer" else repr(float(value))
