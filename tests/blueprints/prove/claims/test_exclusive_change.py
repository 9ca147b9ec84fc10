"""Nobody changes what is not their work."""

import pytest
from benchmarks.prove_plant import Plant, allow, both, in_role, unbounded, without
from prove_support import ARTIFACTS, PROD, REGION, example, said

from groundplan.blueprints.prove.claims.exclusive_change import CLAIM
from groundplan.blueprints.prove.protected import Protected, protected

MONITORING, PIPELINE = "churn-prod-churn-monitoring", "churn-prod-churn-pipeline"
RELEASE = "churn-prod-release"
MACHINE = f"arn:aws:states:{REGION}:{PROD}:stateMachine:churn-prod-release"
CONFIG = f"arn:aws:sagemaker:{REGION}:{PROD}:endpoint-config/groundplan-EndpointConfig-0123456789ab"
LIVE = f"arn:aws:ssm:{REGION}:{PROD}:parameter/groundplan/churn/prod/churn/live"


def who(action: str, resource: str, name: str = "churn", **context: str) -> list[str]:
    """Return the last parts of the names of all who may do something."""

    def fits(row: Protected) -> bool:
        given = {key.rpartition(":")[2]: value for key, value in row.context.items() if value}
        return row.actions == (action,) and resource in row.resource and given == context

    [row] = [row for row in protected(example(name)) if fits(row)]
    return sorted(arn.rpartition("/")[2] for arn in row.may)


def test_who_may_follows_from_spec_and_definitions() -> None:
    stack = f"{REGION}:{PROD}:stack/churn-prod-serving-churn/"
    assert who("cloudformation:UpdateStack", stack) == [
        f"cdk-gp88b2072e-deploy-role-{PROD}-{REGION}",
        RELEASE,
    ]
    assert who("cloudformation:DeleteStack", stack) == [
        f"cdk-gp88b2072e-deploy-role-{PROD}-{REGION}"
    ]
    assert who("cloudformation:SetStackPolicy", stack) == []
    assert who("states:StartExecution", MACHINE) == ["churn-prod-churn-release-rule"]
    assert who("ssm:PutParameter", LIVE) == [RELEASE]
    assert who("s3:PutObject", f"{ARTIFACTS}/models/churn/") == ["churn-prod-churn-training"]
    assert who("s3:DeleteObjectVersion", ARTIFACTS) == []


def test_who_approves_is_whom_the_spec_names_for_the_stage() -> None:
    update, group = "sagemaker:UpdateModelPackage", "/plate-vision-plate-reader/"
    by_stage = {"Stage": "Production", "StageStatus": "Approved"}
    status = {"ModelApprovalStatus": "Approved"}
    assert who(update, group, "vision", **status) == ["perception-lead"]
    assert who(update, group, "vision", **by_stage) == ["gate-operations"]
    assert who(update, group, "vision", **status, **by_stage) == []
    create = "sagemaker:CreateModelPackage"
    pending = {"ModelApprovalStatus": "PendingManualApproval"}
    pipeline = ["plate-vision-prod-plate-reader-pipeline"]
    assert who(create, group, "vision", **pending) == pipeline
    assert who(create, group, "vision", **status) == []


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (
            both(unbounded(MONITORING), allow(MONITORING, "sagemaker:CreateEndpointConfig")),
            (
                f"{MONITORING}: makes a config of endpoint churn-prod-churn: "
                f"sagemaker:CreateEndpointConfig on {CONFIG} with aws:RequestTag/groundplan:endpoint "
                "churn-prod-churn and aws:ResourceTag/groundplan:endpoint churn-prod-churn; take "
                "sagemaker:CreateEndpointConfig on this resource out of it; this is the work of "
                f"{PROD} churn-prod-churn-serving-deployment"
            ),
        ),
        (
            allow(PIPELINE, "states:StartExecution", on=MACHINE),
            (
                f"{PIPELINE}: starts churn-prod-release: states:StartExecution on {MACHINE}; take "
                "states:StartExecution on this resource out of it; this is the work of "
                f"{PROD} churn-prod-churn-release-rule"
            ),
        ),
        (
            both(
                unbounded("churn-prod-churn-serving"),
                allow("churn-prod-churn-serving", "dynamodb:DeleteItem"),
            ),
            (
                "churn-prod-churn-serving: changes locks in churn-prod-locks: dynamodb:DeleteItem on "
                f"arn:aws:dynamodb:{REGION}:{PROD}:table/churn-prod-locks; take dynamodb:DeleteItem on "
                f"this resource out of it; this is the work of {PROD} churn-prod-release"
            ),
        ),
    ],
)
def test_names_who_changes_what_is_not_its_work(plant: Plant, sentence: str) -> None:
    assert sentence in said(CLAIM, plant)


def test_names_a_pipeline_that_can_approve_what_it_registers() -> None:
    dropped = in_role(
        "plate-vision-prod-plate-reader-pipeline",
        "RegisterModel",
        without("StringEquals", "sagemaker:ModelApprovalStatus"),
    )
    [finding] = said(CLAIM, dropped, "vision")
    assert finding.startswith(
        "plate-vision-prod-plate-reader-pipeline: registers as approved a version of "
        "plate-vision-plate-reader: sagemaker:CreateModelPackage on "
    )
    assert finding.endswith("take sagemaker:CreateModelPackage on this resource out of it; this is the"
                            " work of nobody")  # fmt: skip


def test_names_a_version_that_can_be_registered_as_in_production() -> None:
    dropped = in_role(PIPELINE, "RegisterModel", without("Null", "sagemaker:ModelLifeCycle:Stage"))
    assert all("registers as in production" in item for item in said(CLAIM, dropped))
