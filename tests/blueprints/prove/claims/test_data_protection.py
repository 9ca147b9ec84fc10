"""What is kept is encrypted under the project's keys; nothing is open to others, or without TLS."""

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_type_hints

import pytest
from benchmarks.prove_plant import Plant, admit, gone, in_plan, in_resource
from prove_support import ARTIFACTS, DATA, PROD, REGION, example, redefined, said

from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.prove.at_rest import Problem, at_rest
from groundplan.blueprints.prove.at_rest.units import NO_DATA, STORES, has_row
from groundplan.blueprints.prove.claims.data_protection import CLAIM

ALERTS = f"arn:aws:sns:{REGION}:{PROD}:churn-prod-alerts"
HEADERS = "deny s3:PutObject to everybody under these headers"
OWN, OTHER = f"arn:aws:kms:{REGION}:{PROD}:alias/churn-prod", "arn:aws:kms:eu-west-1:9:alias/other"
TRAINING = "churn-prod-churn-training"


def kinds() -> set[type]:
    """Return every dataclass that a plan can hold, by the types of its fields."""
    found: set[type] = set()
    names = {"Ref": Ref, "Json": object, "Sequence": Sequence, "Mapping": Mapping}

    def look(hint: Any) -> None:
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            if hint not in found:
                found.add(hint)
                own = vars(sys.modules[hint.__module__])
                for part in get_type_hints(hint, own, names).values():
                    look(part)
            return
        for part in get_args(hint):
            if part is not Ellipsis and not isinstance(part, (str, int)):
                look(part)

    look(Plan)
    return found


def test_every_kind_of_unit_has_a_row() -> None:
    assert len(kinds()) > 60
    assert not {kind.__name__ for kind in kinds() if not has_row(kind)}
    assert set(STORES) <= kinds()
    assert not set(STORES) & set(NO_DATA)


def test_a_kind_of_unit_without_a_row_is_named() -> None:
    @dataclasses.dataclass(frozen=True)
    class FeatureStorePlan:
        name: str = "features"

    case = example("sandbox")
    first, *others = case.plan.stages
    extended = dataclasses.replace(first, stacks=(*first.stacks, FeatureStorePlan()))
    plan = dataclasses.replace(case.plan, stages=(extended, *others))
    found = [outcomes for _, outcomes in at_rest(dataclasses.replace(case, plan=plan))]
    assert [
        item.problem for outcomes in found for item in outcomes if isinstance(item, Problem)
    ] == ["nothing says whether FeatureStorePlan keeps data, and under which key"]


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (
            in_resource(DATA, "DenyOldTls", gone),
            (
                f"{DATA}: answers with TLS 1.1: s3:GetObject on {DATA}/x with s3:TlsVersion 1.1; deny "
                "s3:GetObject to everybody under NumericLessThan s3:TlsVersion 1.2"
            ),
        ),
        (
            in_resource(f"{PROD}:churn-prod-alerts", "DenyPlainHttp", gone),
            (
                f"{ALERTS}: answers without TLS: sns:Publish on {ALERTS} with aws:SecureTransport false; "
                "deny sns:Publish to everybody under Bool aws:SecureTransport false"
            ),
        ),
        (
            in_resource(DATA, "DenyOtherEncryption", gone),
            (
                f"{DATA}: admits an upload under S3's own key: s3:PutObject on {DATA}/x with "
                f"s3:x-amz-server-side-encryption AES256; {HEADERS}"
            ),
        ),
        (
            in_resource(ARTIFACTS, "DenyCustomerKeys", gone),
            (
                f"{ARTIFACTS}: admits an upload under a key of the customer's: s3:PutObject on "
                f"{ARTIFACTS}/x with s3:x-amz-server-side-encryption-customer-algorithm AES256; {HEADERS}"
            ),
        ),
        (
            in_resource(DATA, "DenyUnnamedKey", gone),
            (
                f"{DATA}: admits an upload under the AWS managed key: s3:PutObject on {DATA}/x with "
                f"s3:x-amz-server-side-encryption aws:kms; {HEADERS}"
            ),
        ),
        (
            admit(f"{PROD}:churn-prod-alerts", {"AWS": ("*",)}, "sns:Subscribe", on=ALERTS),
            (
                f"{ALERTS}: open to anybody on the internet: sns:Subscribe on {ALERTS}; name the "
                "principals, and limit them by aws:PrincipalArn"
            ),
        ),
        (
            admit(DATA, {"AWS": ("*",)}, "s3:GetObject", on=f"{DATA}/*"),
            (
                f"{DATA}: open to an administrator of another account of the organisation: s3:GetObject on "
                f"{DATA}/x with aws:PrincipalOrgID o-a1b2c3d4e5; name the principals, and limit them by "
                "aws:PrincipalArn"
            ),
        ),
    ],
)
def test_names_what_a_resource_answers(plant: Plant, sentence: str) -> None:
    assert sentence in said(CLAIM, plant)


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (
            in_plan(
                LogGroupPlan, lambda one: one.name.endswith("/prod/flow-log"), encryption_key=None
            ),
            ("flow-log: /groundplan/churn/prod/flow-log is not encrypted under a key of the project but "
            "under none; set encryption_key to a key of the stage"),
        ),
        (
            in_plan(
                TopicPlan,
                lambda one: one.name == "churn-prod-alerts",
                encryption_key_alias="alias/aws/sns",
            ),
            ("churn-prod-alerts: churn-prod-alerts is not encrypted under a key of the project but under "
            "alias/aws/sns; set encryption_key_alias to a key of the stage"),
        ),
        (
            in_plan(
                EndpointPlan, lambda one: one.name == "churn-prod-churn", volume_key_alias_arn=None
            ),
            ("churn-prod-churn: churn-prod-churn is not encrypted under a key of the project but under "
            "none; set VolumeKmsKeyId to a key of the stage"),
        ),
        (
            in_plan(
                DataBucketPlan, lambda one: one.name in DATA, access_logs_bucket=None
            ),
            (f"churn-data-customers-{PROD}: nobody can say who read churn-data-customers-{PROD}: it "
            "writes no access log; set access_logs_bucket"),
        ),
        (
            redefined(TRAINING, f'"VolumeKmsKeyId":"{OWN}"', f'"VolumeKmsKeyId":"{OTHER}"'),
            (f"state machine {TRAINING}, state Train 1 create: state machine {TRAINING}, state Train 1 "
            f"create is not encrypted under a key of the project but under {OTHER}; set VolumeKmsKeyId "
            "to a key of the stage"),
        ),
    ],
)  # fmt: skip
def test_names_a_store_under_no_key_of_the_project(plant: Plant, sentence: str) -> None:
    assert sentence in said(CLAIM, plant)


def test_exceptions_are_named_with_their_reason() -> None:
    lines = CLAIM.check(example("vision")).evidence
    assert (
        "6 stores otherwise: local NVMe storage is encrypted by the instance's hardware, and takes no other key"
        in lines
    )
    assert any(line.endswith("access log delivery supports SSE-S3 only") for line in lines)
