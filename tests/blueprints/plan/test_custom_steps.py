"""Steps of a user's own, from YAML and from Python."""

import json
import re
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests_support import ROOT, found

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import RegistryStackPlan, StateStackPlan
from groundplan.blueprints.spec import ProjectSpec
from groundplan.pipelines import Pipeline, PipelineError
from groundplan.pipelines.step_functions import requests
from groundplan.pipelines.steps import Fingerprint, ProcessingJob, ServiceCall

SANDBOX = yaml.safe_load((ROOT / "examples/sandbox/groundplan.yaml").read_text())
TRAINING = "sandbox-dev-cultivar-training"
TOPIC = "arn:aws:sns:eu-west-1:111111111111:research"


def spec(*steps: dict[str, Any]) -> ProjectSpec:
    return ProjectSpec.model_validate({**SANDBOX, "pipelines": {"steps": list(steps)}})


def pipelines(spec: ProjectSpec) -> dict[str, Pipeline]:
    seen: dict[str, Pipeline] = {}

    def note(pipeline: Pipeline) -> Pipeline:
        assert pipeline.name not in seen
        seen[pipeline.name] = pipeline
        return pipeline

    plan(spec, edit=note)
    return seen


def machine(decided: Plan, name: str = TRAINING) -> PipelinePlan:
    plans: list[PipelinePlan] = list(found(decided, PipelinePlan))
    return next(item for item in plans if item.name == name)


def processing_role(decided: Plan) -> RolePlan:
    roles: list[RolePlan] = list(found(decided, RolePlan))
    return next(role for role in roles if role.name.endswith("cultivar-processing"))


FEATURES = {
    "name": "features",
    "image": "features",
    "command": ["python", "features.py"],
    "arguments": ["--strict"],
    "inputs": ["dataset", "reference/2026"],
    "before": ["train"],
    "report": "features.json",
}


def test_a_step_is_inserted_with_its_image_by_digest_and_inputs() -> None:
    training = pipelines(spec(FEATURES))[TRAINING]
    ids = [step.id for step in training.order()]
    step = next(item for item in training.steps if item.id == "features")
    assert isinstance(step, ProcessingJob)
    assert ids.index("features_img") < ids.index("fingerprint") < ids.index("features")
    assert ids.index("features") < ids.index("train")
    assert (step.job.entrypoint, step.job.arguments) == (("python", "features.py"), ("--strict",))
    assert [(item.name, item.uri) for item in step.job.inputs] == [
        ("data", "s3://sandbox-data-wines-111111111111/"),
        ("reference-2026", "s3://sandbox-data-wines-111111111111/reference/2026/"),
    ]
    train = next(item for item in training.steps if item.id == "train")
    assert step.when == train.when


def test_a_changed_command_changes_the_fingerprint() -> None:
    def parts(command: list[str]) -> dict[str, Any]:
        training = pipelines(spec({**FEATURES, "command": command}))[TRAINING]
        return dict(next(s for s in training.steps if isinstance(s, Fingerprint)).parts)

    one, other = parts(["python", "a.py"]), parts(["python", "b.py"])
    assert "step features" in one
    assert one != other


def test_its_role_registry_and_repository_follow() -> None:
    standard, decided = plan(spec()), plan(spec(FEATURES))
    added = {
        (action, resource)
        for duty in processing_role(decided).duties
        for action in duty.actions
        for resource in duty.resources
    } - {
        (action, resource)
        for duty in processing_role(standard).duties
        for action in duty.actions
        for resource in duty.resources
    }
    repository = "arn:aws:ecr:eu-west-1:111111111111:repository/sandbox/features"
    reports = "arn:aws:s3:::sandbox-dev-work-111111111111/cultivar/steps/features/*"
    assert added == {
        ("ecr:BatchCheckLayerAvailability", repository),
        ("ecr:BatchGetImage", repository),
        ("ecr:GetDownloadUrlForLayer", repository),
        ("s3:AbortMultipartUpload", reports),
        ("s3:PutObject", reports),
    }
    registry = next(s for s in decided.stacks() if isinstance(s, RegistryStackPlan))
    assert "sandbox/features" in [item.name for item in registry.repositories]
    resolves = [d for d in machine(decided).role.duties if d.id == "ResolveImages"]
    assert repository in resolves[0].resources
    calls = list(requests(json.loads(machine(decided).definition)))
    assert any(call.state == "Features report" for call in calls)


def test_a_step_that_replaces_one_keeps_its_place_and_report() -> None:
    own = {"name": "mine", "command": ["python", "check.py"], "replaces": "quality"}
    before, after = (pipelines(spec(*steps))[TRAINING] for steps in ([], [own]))
    old, new = (next(s for s in p.steps if s.id == "quality") for p in (before, after))
    assert isinstance(old, ProcessingJob)
    assert isinstance(new, ProcessingJob)
    assert new.job.entrypoint == ("python", "check.py")
    assert (new.report, new.job.output_uri, new.job.inputs) == (
        old.report,
        old.job.output_uri,
        old.job.inputs,
    )
    assert [s.id for s in before.order()] == [s.id for s in after.order()]


def test_a_step_of_one_model_leaves_the_others_alone() -> None:
    raw = {**SANDBOX, "models": [*SANDBOX["models"], {**SANDBOX["models"][0], "name": "vintage"}]}
    raw["pipelines"] = {"steps": [{**FEATURES, "model": "vintage"}]}
    seen = pipelines(ProjectSpec.model_validate(raw))
    having = [name for name, item in seen.items() if "features" in [s.id for s in item.steps]]
    assert having == ["sandbox-dev-vintage-training"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"before": ["trian"]},
            "pipelines.steps[0]: before: no such step, got 'trian'; use one of ",
        ),
        (
            {"after": ["register"], "before": ["train"]},
            "pipelines.steps[0]: steps: steps wait for each other, got ",
        ),
        (
            {"name": "train"},
            "pipelines.steps[0]: steps[N].id: two steps have one id, got 'train'; ",
        ),
        (
            {"before": [], "replaces": "train"},
            "pipelines.steps[0].replaces: is no job of the pipeline that another one can replace",
        ),
        ({"inputs": ["model"]}, "pipelines.steps[0]: steps: steps wait for each other, got "),
    ],
)
def test_fails_where_a_step_does_not_fit(change: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan(spec({**FEATURES, **change}))
    assert re.sub(r": steps\[\d+\]", ": steps[N]", str(caught.value)).startswith(message)


def tell(pipeline: Pipeline) -> Pipeline:
    if pipeline.name != TRAINING:
        return pipeline
    call = ServiceCall(
        id="research",
        after=("register",),
        when=next(step.when for step in pipeline.steps if step.id == "register"),
        service="sns",
        action="publish",
        arguments=(("Message", "trained"), ("TopicArn", TOPIC)),
    )
    return pipeline.insert(call)


def test_a_step_added_in_python_gives_its_role_exactly_its_action() -> None:
    standard, decided = plan(spec()), plan(spec(), edit=tell)
    assert [d for d in machine(decided).role.duties if d not in machine(standard).role.duties] == [
        next(d for d in machine(decided).role.duties if d.id == "CallResearch")
    ]
    added = next(d for d in machine(decided).role.duties if d.id == "CallResearch")
    assert (added.actions, added.resources) == (("sns:Publish",), (TOPIC,))
    assert "Research" in json.loads(machine(decided).definition)["States"]


def test_every_machine_can_be_edited_and_its_key_follows() -> None:
    def pass_on(pipeline: Pipeline) -> Pipeline:
        bucket = "sandbox-tooling-artifacts-111111111111"
        arguments = (("Bucket", bucket), ("Key", "models/x"), ("Body", "{}"))
        return pipeline.insert(
            ServiceCall(id="copy_it", service="s3", action="putObject", arguments=arguments)
        )

    decided = plan(spec(), edit=pass_on)
    registry = next(s for s in decided.stacks() if isinstance(s, RegistryStackPlan))
    writers = {
        role
        for statement in registry.key.policy.statements
        if "kms:GenerateDataKey" in statement.actions
        for role in statement.condition.get("ArnEquals", {}).get("aws:PrincipalArn", ())  # type: ignore[union-attr]
    }
    assert {item.role.arn for item in found(decided, PipelinePlan)} <= writers
    assert any(isinstance(stack, StateStackPlan) for stack in decided.stacks())


def test_fails_when_editing_returns_something_else() -> None:
    with pytest.raises(PlanError) as caught:
        plan(spec(), edit=lambda pipeline: replace(pipeline, name="other"))
    assert str(caught.value).startswith("edit: must return the pipeline sandbox-dev-")
    with pytest.raises(PlanError, match="got 'NoneType'"):
        plan(spec(), edit=lambda pipeline: None)  # type: ignore[arg-type, return-value]


def test_fails_when_an_edited_pipeline_does_not_fit_together() -> None:
    def break_it(pipeline: Pipeline) -> Pipeline:
        return replace(pipeline, steps=pipeline.steps[1:])

    with pytest.raises(PipelineError):
        plan(spec(), edit=break_it)


def test_the_documented_step_works(tmp_path: Path) -> None:
    text = (ROOT / "docs/triggers.md").read_text()
    code = text.partition("```python\n")[2].partition("\napp = new_app()")[0]
    code = code.replace("from groundplan.stacks.cdk import add_project, new_app\n", "")
    file = tmp_path / "documented.py"
    file.write_text(code.replace("333333333333:research", "111111111111:research"))
    names = runpy.run_path(str(file))
    decided = plan(spec(), edit=names["with_note"])
    added = next(d for d in machine(decided).role.duties if d.id == "CallResearch")
    assert (added.actions, added.resources) == (("sns:Publish",), (TOPIC,))


def test_the_documented_spec_is_one() -> None:
    blocks = (ROOT / "docs/triggers.md").read_text().split("```yaml\n")[1:]
    found = [yaml.safe_load(block.partition("```")[0])["pipelines"] for block in blocks]
    steps = next(item["steps"] for item in found if "steps" in item)
    assert len(spec(*steps).pipelines.steps) == 2
    plan(spec(*steps))
