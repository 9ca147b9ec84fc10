"""The runtime as text: what compilers write into their products."""

import ast
import subprocess
import sys

import pytest

from groundplan.pipelines import Pipeline, PipelineError
from groundplan.pipelines.airflow import dag_source
from groundplan.pipelines.dag import ParameterSpec
from groundplan.pipelines.embedding import described, placeholders, source
from groundplan.pipelines.kubeflow import package
from groundplan.pipelines.programs import PROGRAMS
from groundplan.pipelines.steps import Fingerprint, Notify
from groundplan.pipelines.values import Either, Execution, Join, Parameter, TextOutput

EVERYTHING = source({module for module, _ in PROGRAMS.values()})


def test_the_whole_runtime_needs_nothing_but_python() -> None:
    functions = {name for _, name in PROGRAMS.values()}
    program = f"{EVERYTHING}\nprint(len([{', '.join(sorted(functions))}]))"

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )

    assert int(done.stdout) == len(functions)


def test_the_runtime_defines_each_name_once() -> None:
    names = [
        node.targets[0].id if isinstance(node, ast.Assign) else node.name  # type: ignore[attr-defined]
        for node in ast.parse(EVERYTHING).body
        if isinstance(node, ast.Assign | ast.FunctionDef | ast.ClassDef)
    ]

    assert [name for name in names if names.count(name) > 1] == []


def test_a_step_is_described_by_plain_data() -> None:
    step = Fingerprint(
        id="print",
        parts=(
            ("a", TextOutput("image", "digest")),
            ("b", Join(("x ", Execution("id"), Parameter("force")))),
            ("c", Either(TextOutput("image", "uri"), "none")),
            ("d", "${SubnetId0}"),
        ),
    )

    assert described(step) == {
        "id": "print",
        "on_failure": "fail",
        "when": [],
        "given": {
            "parts": [
                ["a", {"$output": ["image", "digest"]}],
                ["b", {"$join": ["x ", {"$execution": "id"}, {"$parameter": "force"}]}],
                ["c", {"$either": [{"$output": ["image", "uri"]}, "none"]}],
                ["d", {"$parameter": "SubnetId0"}],
            ]
        },
    }


def test_fails_on_a_parameter_that_has_the_name_of_a_placeholder() -> None:
    taken = ParameterSpec(name="SubnetId0", default="", description="")
    step = Fingerprint(id="print", parts=(("a", "${SubnetId0}"),))
    pipeline = Pipeline(name="p", parameters=(taken,), steps=(step,), timeout_seconds=60)

    with pytest.raises(PipelineError) as caught:
        placeholders(pipeline)

    assert str(caught.value) == (
        "parameters[SubnetId0]: a placeholder has this name, got 'SubnetId0'; rename it"
    )


@pytest.mark.parametrize("compiler", [dag_source, package])
def test_fails_on_what_aws_would_refuse_of_a_step(compiler: object) -> None:
    tell = Notify(id="tell", topic_arn="arn:t", subject="s" * 101, message="m")

    with pytest.raises(PipelineError, match=r"steps\[tell\].subject: must be 1 to 100 printable"):
        compiler(Pipeline(name="p", steps=(tell,), timeout_seconds=60))  # type: ignore[operator]
