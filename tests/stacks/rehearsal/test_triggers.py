"""Pushes, new data and drift start training, from the account that they happen in."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests_support import lint

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.stacks import DeliveryStackPlan, TriggersStackPlan
from groundplan.blueprints.spec import parse_spec
from groundplan.stacks.rehearsal.checks import check_stack
from groundplan.stacks.rehearsal.emulator import Emulator
from groundplan.stacks.rehearsal.emulator.events import publish, undelivered

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("triggers")]

CHURN = Path(__file__).parents[3] / "examples/churn"
REGION = "eu-west-1"
BUCKET = "churn-data-lake-customers-444444444444"
TOOLING, DATA, PROD = "111111111111", "444444444444", "333333333333"
TRIGGERS = """  triggers:
    - {kind: data, dataset: customers, debounce_minutes: 30}
"""
NEEDED = (
    "churn-tooling-registry", "churn-tooling-delivery", "churn-data-lake-state",
    "churn-data-lake-delivery", "churn-prod-state", "churn-prod-network", "churn-prod-training",
    "churn-prod-triggers",
)  # fmt: skip


@dataclass
class World:
    emulator: Emulator
    plan: Plan
    templates: dict[str, dict[str, Any]]
    findings: list[str]

    def client(self, service: str, account: str = PROD) -> Any:
        return self.emulator.client(service, account, REGION)

    def started(self, machine: str) -> list[Any]:
        """Return the inputs of a machine's executions, once all have ended."""
        states = self.client("stepfunctions")
        arn = f"arn:aws:states:{REGION}:{PROD}:stateMachine:churn-prod-churn-{machine}"
        until = time.monotonic() + 30
        while True:
            executions = states.list_executions(stateMachineArn=arn)["executions"]
            if all(item["status"] != "RUNNING" for item in executions):
                break
            assert time.monotonic() < until, executions
            time.sleep(0.1)
        described = [
            states.describe_execution(executionArn=item["executionArn"])
            for item in reversed(executions)
        ]
        return [json.loads(item["input"]) for item in described]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    import aws_cdk as cdk
    from cdk_nag import AwsSolutionsChecks

    from groundplan.stacks.cdk import new_app
    from groundplan.stacks.cdk.app import add_plan

    text = (CHURN / "groundplan.yaml").read_text().replace("  triggers:\n", TRIGGERS)
    text = text.replace('  prod: "333333333333"\n', f'  prod: "{PROD}"\n  lake: "{DATA}"\n')
    text = text.replace(
        "    account: prod\n    classification", "    account: lake\n    classification"
    )
    decided = plan(parse_spec(text, "groundplan.yaml"))
    app = new_app(
        outdir=str(tmp_path_factory.mktemp("cdk.out")),
        context={"@aws-cdk/core:failSynthOnValidationErrors": False},
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    add_plan(app, decided, sources=CHURN)
    synthesised = app.synth()
    report = json.loads((Path(synthesised.directory) / "validation-report.json").read_text())
    templates = {item.stack_name: item.template for item in synthesised.stacks_recursively}
    with Emulator(images={}, workdir=tmp_path_factory.mktemp("emulator")) as emulator:
        world = World(
            emulator,
            decided,
            templates,
            [
                f"{violation['ruleName']} {construct['constructPath']}"
                for plugin in report["pluginReports"]
                for violation in plugin["violations"]
                for construct in violation["violatingConstructs"]
            ],
        )
        for stack in decided.stacks():
            head = stack.stack
            if head.name in NEEDED:
                world.client("cloudformation", head.place.account).create_stack(
                    StackName=head.name,
                    TemplateBody=json.dumps(templates[head.name]),
                    Tags=[{"Key": key, "Value": value} for key, value in head.tags.items()],
                    Capabilities=["CAPABILITY_NAMED_IAM"],
                    EnableTerminationProtection=head.termination_protection,
                )
        yield world
        assert undelivered(emulator) == ()


def test_stacks_are_what_was_planned(world: World) -> None:
    held = [s for s in world.plan.stacks() if isinstance(s, (DeliveryStackPlan, TriggersStackPlan))]
    assert [item.stack.name for item in held] == [
        "churn-tooling-delivery",
        "churn-data-lake-delivery",
        "churn-prod-triggers",
    ]
    for stack in held:
        found = check_stack(stack, partial(world.client, account=stack.stack.place.account))
        assert found.mismatches == ()
        assert found.checked > 20


def test_no_static_check_finds_anything(world: World) -> None:
    assert world.findings == []
    for name in NEEDED:
        assert lint(json.dumps(world.templates[name]), REGION) == [], name


def test_new_data_starts_training_once_it_rests(world: World) -> None:
    before = len(world.started("training"))
    client = world.client("s3", DATA)
    client.put_object(Bucket=BUCKET, Key="README.md", Body=b"not read by training")
    assert world.started("arrival") == []
    client.put_object(Bucket=BUCKET, Key="train/rows.csv", Body=b"a,b\n1,2\n")
    assert world.started("arrival") == [{}]
    assert world.started("training")[before:] == [{}]


def test_while_one_waits_the_next_ends_at_once(world: World) -> None:
    before = len(world.started("training"))
    table = "churn-prod-locks"
    lock = {
        "id": {"S": "arrival-churn"},
        "holder": {"S": "another"},
        "expires_at": {"N": str(2**40)},
    }
    world.client("dynamodb").put_item(TableName=table, Item=lock)
    world.client("s3", DATA).put_object(Bucket=BUCKET, Key="test/rows.csv", Body=b"a,b\n1,2\n")
    assert len(world.started("arrival")) == 2
    assert world.started("training")[before:] == []
    held = world.client("dynamodb").get_item(TableName=table, Key={"id": lock["id"]})["Item"]
    assert held["holder"] == {"S": "another"}
    world.client("dynamodb").delete_item(TableName=table, Key={"id": lock["id"]})


@pytest.mark.parametrize(("status", "project", "starts"), [
    ("SUCCEEDED", "churn-image-churn", True),
    ("FAILED", "churn-image-churn", False),
    ("SUCCEEDED", "churn-image-monitoring", False),
])  # fmt: skip
def test_a_finished_build_of_the_training_image_starts_training(
    world: World, status: str, project: str, starts: bool
) -> None:
    before = len(world.started("training"))
    publish(
        world.emulator,
        account=TOOLING,
        region=REGION,
        source="aws.codebuild",
        detail_type="CodeBuild Build State Change",
        detail={
            "build-status": status,
            "project-name": project,
            "additional-information": {"source": {"type": "S3", "location": "assets/abc.zip"}},
        },
    )
    expected = [{"code_version": "assets/abc.zip"}] if starts else []
    assert world.started("training")[before:] == expected


def test_drift_starts_training_of_its_model_only(world: World) -> None:
    before = len(world.started("training"))
    for model in ("churn", "other"):
        world.client("events").put_events(
            Entries=[
                {
                    "Source": "groundplan.churn",
                    "DetailType": "Drift Detected",
                    "Detail": json.dumps({"environment": "prod", "model": model}),
                    "EventBusName": "churn-prod-events",
                }
            ]
        )
    assert world.started("training")[before:] == [{}]
