"""A machine's role does what its states do: no call without a duty, no duty without a call."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest
from tests_support import found

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.engine import ENGINES, Engine
from groundplan.blueprints.plan.machine_role import MACHINE_DUTIES
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.pipeline_duties import DUTIES, PipelineFacts, pipeline_duties
from groundplan.blueprints.plan.role import Duty, RolePlan
from groundplan.blueprints.spec import ProjectSpec
from groundplan.pipelines import Pipeline, definition
from groundplan.pipelines.dag import ParameterSpec
from groundplan.pipelines.step_functions import Request, requests
from groundplan.pipelines.step_functions.compiler import COMPILERS
from groundplan.pipelines.steps import Notify, RecordModel, ServiceCall, Step
from groundplan.pipelines.values import Execution, Join, Parameter

PLACE = Place(account="111111111111", region="eu-west-1")
TOPIC = PLACE.arn("sns", "alerts")
ALIAS = PLACE.arn("kms", "alias/churn-prod")
FACTS = PipelineFacts(
    place=PLACE, keys={TOPIC: ALIAS, PLACE.bucket_arn("work"): ALIAS}, spec_path="here"
)
NAMED = {
    "Bucket": "arn:aws:s3:::{}*",
    "ConfigName": "*:endpoint-config/{}*",
    "EndpointConfigName": "*:endpoint-config/{}*",
    "EndpointName": "*:endpoint/{}*",
    "EventBusName": "{}",
    "JobQueue": "{}",
    "ModelPackageGroupName": "{}",
    "ModelPackageName": "{}*",
    "Name": "*:parameter{}*",
    "ProcessingJobName": "*:processing-job/{}*",
    "RepositoryName": "*:repository/{}",
    "RoleArn": "{}",
    "StackName": "*:stack/{}*",
    "StateMachineArn": "{}",
    "TableName": "*:table/{}",
    "TopicArn": "{}",
    "HyperParameterTuningJobName": "*:hyper-parameter-tuning-job/{}*",
    "TrainingJobName": "*:training-job/{}*",
    "TransformJobName": "*:transform-job/{}*",
}
"""Which resource an argument of a call names."""
DIMENSION = ("Name", "EndpointConfigName")
"""An argument that names no resource, but what an alarm is limited by."""
FOUND_OUT = ("ReadCases", "ReadTags", "ReadVersions")
"""Duties on what a run finds out: what is served, where its cases are, whose a model is."""


@pytest.fixture(scope="module", params=ENGINES)
def decided(spec: ProjectSpec, request: pytest.FixtureRequest) -> Plan:
    """The plan for each engine, in place of CDK's alone."""
    engine: Engine = request.param
    return plan(spec, engine=engine)


def own_duties(role: RolePlan) -> list[Duty]:
    return [duty for duty in role.duties if duty not in MACHINE_DUTIES]


def literals(arguments: Any) -> Iterator[tuple[str, str, bool]]:
    """Yield each argument that names a resource, what it begins with, and whether that is all."""
    if isinstance(arguments, str):
        for name, _, text in re.findall(r"""['"](\w+)['"]: (['"])(.*?)\2""", arguments):
            yield name, text, True
    elif isinstance(arguments, dict):
        for name, value in arguments.items():
            if isinstance(value, str) and value.startswith("{%"):
                literal = re.match(r"""\{% \(?['"]([^'"]*)['"]""", value)
                if literal is not None:
                    yield name, literal[1], literal.end() == len(value) - 3
            elif isinstance(value, str):
                yield name, value, True
            elif name != "Volumes":  # of a container, and no resource of AWS
                yield from literals(value)
    elif isinstance(arguments, list):
        for item in arguments:
            yield from literals(item)


def uncovered(call: Request, duties: list[Duty]) -> list[str]:
    """Return what a call names and no duty with one of its actions reaches."""
    resources = {r for d in duties if set(d.actions) & set(call.actions) for r in d.resources}
    missing = []
    for name, text, _ in literals(call.arguments):
        template = NAMED.get(name.removeprefix("'"))
        if template is None or not text or (name, text) == DIMENSION:
            continue
        pattern = template.format(text)
        probe = text if text.startswith("arn:") else None
        if not any(
            fnmatchcase(resource, pattern)
            or (probe is not None and fnmatchcase(probe, resource))
            or fnmatchcase(pattern.replace("*", ""), resource)
            for resource in resources
        ):
            missing.append(f"{call.state}: {name} {text}")
    return missing


def machines(decided: Plan) -> list[PipelinePlan]:
    return list(found(decided, PipelinePlan))


def test_roles_do_what_their_machines_do_and_no_more(decided: Plan) -> None:
    assert machines(decided)
    for machine in machines(decided):
        calls = list(requests(json.loads(machine.definition)))
        needed = {action for call in calls for action in call.actions}
        allowed = {action for duty in own_duties(machine.role) for action in duty.actions}
        keys = {action for action in allowed if action.startswith("kms:")}
        assert allowed - keys == needed, machine.name


def test_what_a_call_names_is_covered_by_a_duty(decided: Plan) -> None:
    for machine in machines(decided):
        for call in requests(json.loads(machine.definition)):
            assert uncovered(call, own_duties(machine.role)) == []


def test_what_a_duty_covers_is_named_in_the_definition(decided: Plan) -> None:
    for machine in machines(decided):
        for duty in own_duties(machine.role):
            if "kms:Decrypt" in duty.actions or duty.id.startswith(("WaitFor", *FOUND_OUT)):
                continue
            for resource in duty.resources:
                name = resource.removeprefix("arn:aws:s3:::").partition("*")[0].rstrip("-/")
                last = re.split(r"[:/]", name)[-1]
                if last in ("endpoint-config", "model"):
                    assert duty.condition, f"{machine.name}: {duty.id} {resource}"
                else:
                    assert last in machine.definition, f"{machine.name}: {duty.id} {resource}"


def test_keys_are_used_through_a_service_that_is_called(decided: Plan) -> None:
    for machine in machines(decided):
        services = {a.partition(":")[0] for d in own_duties(machine.role) for a in d.actions}
        for duty in own_duties(machine.role):
            if "kms:Decrypt" in duty.actions:
                service = duty.condition["StringEquals"]["kms:ViaService"]
                assert str(service).partition(".")[0] in services


def test_fails_a_duty_that_is_missing_or_too_much(churn: Plan) -> None:
    machine = next(item for item in machines(churn) if item.name.endswith("-training"))
    reports = [duty for duty in own_duties(machine.role) if duty.id != "ReadReports"]
    elsewhere = [
        replace(duty, resources=("arn:aws:s3:::elsewhere/*",)) if duty.id == "ReadReports" else duty
        for duty in own_duties(machine.role)
    ]
    for duties in (reports, elsewhere):
        calls = requests(json.loads(machine.definition))
        assert any(uncovered(call, duties) for call in calls)


def test_every_step_that_compiles_has_duties() -> None:
    assert set(COMPILERS) <= set(DUTIES)


def pipeline(*steps: Step, **more: Any) -> Pipeline:
    return Pipeline(name="p", steps=steps, timeout_seconds=60, **more)


def call(**arguments: Any) -> ServiceCall:
    service, _, action = arguments.pop("call").partition(":")
    return ServiceCall(
        id="own", service=service, action=action, arguments=tuple(sorted(arguments.items()))
    )


@pytest.mark.parametrize(
    ("step", "action", "resource"),
    [
        (call(call="sns:publish", TopicArn=TOPIC, Message="x"), "sns:Publish", TOPIC),
        (
            call(call="sfn:startExecution", StateMachineArn=PLACE.arn("states", "stateMachine:m")),
            "states:StartExecution",
            PLACE.arn("states", "stateMachine:m"),
        ),
        (
            call(call="s3:putObject", Bucket="work", Key=Join(("out/", Execution("id")))),
            "s3:PutObject",
            "arn:aws:s3:::work/out/*",
        ),
        (
            call(call="s3:listObjectsV2", Bucket="work", Prefix="a/"),
            "s3:ListBucket",
            "arn:aws:s3:::work",
        ),
        (
            call(call="ssm:getParameter", Name="/own/flag"),
            "ssm:GetParameter",
            PLACE.arn("ssm", "parameter/own/flag"),
        ),
        (
            call(call="sqs:sendMessage", QueueUrl="https://sqs.eu-west-1.amazonaws.com/1/jobs"),
            "sqs:SendMessage",
            PLACE.arn("sqs", "jobs"),
        ),
    ],
)
def test_a_call_of_ones_own_gives_exactly_its_action(
    step: ServiceCall, action: str, resource: str
) -> None:
    own = next(d for d in pipeline_duties(pipeline(step), FACTS) if d.id == "CallOwn")
    assert (own.actions, own.resources) == ((action,), (resource,))
    task = next(requests(definition(pipeline(step))))
    assert task.actions == own.actions


def test_fails_a_call_that_names_nothing() -> None:
    step = call(call="sns:publish", TopicArn=Parameter("topic"), Message="x")
    topic = ParameterSpec(name="topic", default="", description="Topic")
    with pytest.raises(PlanError) as caught:
        pipeline_duties(pipeline(step, parameters=(topic,)), FACTS)
    assert str(caught.value) == (
        "here: steps[own].arguments: the call names nothing that its role could be limited to, "
        "got 'sns:publish'; pass an ARN or a name as a literal, or use a step of another kind"
    )


def test_fails_a_step_of_an_unknown_kind() -> None:
    with pytest.raises(PlanError, match="no role can be derived for a step of this kind"):
        pipeline_duties(pipeline(Step(id="odd")), FACTS)


def test_fails_a_bucket_that_is_not_known_beforehand() -> None:
    step = RecordModel(
        id="record", record_uri=Execution("id"), kms_key_id=ALIAS, model_package_arn="x"
    )
    with pytest.raises(PlanError, match="must begin with a literal bucket"):
        pipeline_duties(pipeline(step), FACTS)


def test_steps_on_failure_have_duties_and_equal_ones_are_shared() -> None:
    one = Notify(id="one", topic_arn=TOPIC, subject="s", message="m")
    other = replace(one, id="other", topic_arn=PLACE.arn("sns", "others"))
    duties = pipeline_duties(pipeline(one, on_failure=(other,)), FACTS)
    assert [duty.id for duty in duties] == ["Notify", "EncryptMessages"]
    assert duties[0].resources == (TOPIC, PLACE.arn("sns", "others"))


def test_one_id_under_two_conditions_is_numbered() -> None:
    keys = {**FACTS.keys, PLACE.bucket_arn("other"): PLACE.arn("kms", "alias/churn-dev")}
    steps = [
        RecordModel(
            id=bucket, record_uri=f"s3://{bucket}/r.json", kms_key_id=ALIAS, model_package_arn="x"
        )
        for bucket in ("work", "other")
    ]
    duties = pipeline_duties(pipeline(*steps), replace(FACTS, keys=keys))
    assert [duty.id for duty in duties] == ["WriteRecords", "EncryptObjects", "EncryptObjects2"]


def test_a_duty_of_many_resources_becomes_several_statements() -> None:
    steps = [
        Notify(id=f"n{index}", topic_arn=f"{TOPIC}-{index}", subject="s", message="m")
        for index in range(50)
    ]
    first, second = pipeline_duties(pipeline(*steps), replace(FACTS, keys={}))
    assert (first.id, len(first.resources)) == ("Notify", 40)
    assert (second.id, len(second.resources)) == ("Notify2", 10)
