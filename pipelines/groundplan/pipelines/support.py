"""Which kind of step which orchestrator can express, read off the compilers' own tables.

``python -m groundplan.pipelines.support`` prints the table of docs/orchestrators.md.
"""

from groundplan.pipelines import airflow, sagemaker, steps
from groundplan.pipelines.artifact import ORCHESTRATORS, Orchestrator
from groundplan.pipelines.programs import PROGRAMS, REFUSED
from groundplan.pipelines.step_functions.compiler import COMPILERS
from groundplan.pipelines.steps import (
    BatchTransform,
    Lookup,
    ProcessingJob,
    RegisterModel,
    Step,
    TrainingJob,
    TuningJob,
)

NO_CALLS = "its steps are jobs, none of them calls an API"
NO_TABLES = "it has conditions, but nothing that picks one of many values"
SAGEMAKER_STEPS: dict[type[Step], str] = {
    BatchTransform: "steps Model and Transform",
    ProcessingJob: "step Processing",
    RegisterModel: "step RegisterModel",
    TrainingJob: "step Training, for one rung",
    TuningJob: "step Tuning, for one rung",
}
TITLES: dict[Orchestrator, str] = {
    "step_functions": "Step Functions",
    "sagemaker": "SageMaker Pipelines",
    "airflow": "Airflow",
    "kubeflow": "Kubeflow Pipelines",
}


def kinds() -> tuple[type[Step], ...]:
    """All kinds of steps, by name."""
    named = (getattr(steps, name) for name in steps.__all__)
    found = [kind for kind in named if isinstance(kind, type) and issubclass(kind, Step)]
    return tuple(sorted((kind for kind in found if kind is not Step), key=lambda k: k.__name__))


def expressed(orchestrator: Orchestrator, kind: type[Step]) -> tuple[bool, str]:
    """Whether a kind of step can be expressed, and how, or else why not."""
    match orchestrator:
        case "step_functions":
            return kind in COMPILERS, "states" if kind in COMPILERS else "not built yet"
        case "sagemaker":
            return _in_sagemaker(kind)
        case "airflow":
            known, how = kind in airflow.OPERATORS, airflow.OPERATORS.get(kind, "")
        case "kubeflow":
            known, how = kind in PROGRAMS, "container"
    return known, how if known else REFUSED.get(kind, "not built yet")


def table() -> str:
    """Markdown: a row a kind of step, a column an orchestrator."""
    reasons: dict[str, int] = {}
    rows = [
        "| step | " + " | ".join(TITLES[name] for name in ORCHESTRATORS) + " |",
        "|---|" + "---|" * len(ORCHESTRATORS),
    ]
    for kind in kinds():
        cells = []
        for name in ORCHESTRATORS:
            known, text = expressed(name, kind)
            number = 0 if known else reasons.setdefault(text, len(reasons) + 1)
            cells.append(text if known else f"refused ({number})")
        rows.append(f"| {kind.__name__} | " + " | ".join(cells) + " |")
    notes = [f"{number}. {reason}" for reason, number in reasons.items()]
    return "\n".join([*rows, "", *notes]) + "\n"


def _in_sagemaker(kind: type[Step]) -> tuple[bool, str]:
    if kind in sagemaker.COMPILERS:
        return True, SAGEMAKER_STEPS[kind]
    if kind in sagemaker.GATES:
        return True, "steps Condition and Fail"
    if kind in sagemaker.FACTS:
        return True, "parameters"
    return False, NO_TABLES if kind is Lookup else REFUSED.get(kind, NO_CALLS)


if __name__ == "__main__":
    print(table(), end="")
