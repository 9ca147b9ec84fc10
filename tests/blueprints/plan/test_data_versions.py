"""Who versions a dataset, and what the bucket and key let them do."""

from typing import Any

import pytest
from tests_support import example_spec

from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.data_versions import DataVersionsPlan, plan_data_versions
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.project import Plan, plan
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import DataStateStackPlan
from groundplan.blueprints.spec.pipelines import DataTrigger

PLACE = Place(account="222222222222", region="us-east-1")
WRITER = "arn:aws:iam::333333333333:role/camera-export"
BUCKET = "plate-vision-data-frames-222222222222"


@pytest.fixture(scope="module")
def planned() -> Plan:
    spec = example_spec("vision")
    [dataset] = spec.datasets
    return plan(
        spec.model_copy(update={"datasets": (dataset.model_copy(update={"versioning": "dvc"}),)})
    )


def versions(**more: Any) -> DataVersionsPlan:
    alias = PLACE.arn("kms", "alias/frames")
    return plan_data_versions(bucket="frames", place=PLACE, key_alias_arn=alias, **more)


def several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_each_duty_has_its_own_folder_and_nobody_deletes_a_version() -> None:
    found = versions(roles=[WRITER])

    assert {item.id: (item.actions, item.keys) for item in found.bucket_access()} == {
        "WritersPushVersions": (("s3:AbortMultipartUpload", "s3:PutObject"), ("dvc/*",)),
        "WritersPullVersions": (("s3:GetObject",), ("dvc/*",)),
        "WritersRelease": (
            ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"),
            ("released/*",),
        ),
        "WritersSeeVersions": (("s3:ListBucket", "s3:ListBucketVersions"), ()),
    }
    [use] = found.key_uses(PLACE.region)
    assert use.actions == ("kms:Decrypt", "kms:GenerateDataKey")
    assert use.condition == {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    assert (found.remote, found.released) == ("s3://frames/dvc", "s3://frames/released/")
    assert found.releases == "s3://frames/dvc/releases/"


def test_without_writers_nobody_gets_in() -> None:
    found = versions()

    assert found.bucket_access() == ()
    assert found.key_uses(PLACE.region) == ()
    assert found.document.statements != ()  # it says what a writer would need


def test_no_role_of_the_project_reaches_the_store(planned: Plan) -> None:
    arn = f"arn:aws:s3:::{BUCKET}"
    reached = {
        (duty.id, resource.removeprefix(arn))
        for role in every(planned.stages, RolePlan)
        for duty in role.duties
        for resource in duty.resources
        if resource.startswith(f"{arn}/")
    }

    assert reached == {("ReadData", "/released/*"), ("ReadData", "/released/train/*")}


def test_the_bucket_s_policy_names_the_writers_and_the_readers_of_releases(planned: Plan) -> None:
    [stack] = [item for item in planned.stacks() if isinstance(item, DataStateStackPlan)]
    [dataset] = stack.datasets
    assert dataset.versions is not None and dataset.versions.id == "FramesVersions"
    [bucket] = [item for item in every(stack, DataBucketPlan) if item.name == BUCKET]
    document: Any = bucket.policy.to_json()
    statements = {item["Sid"]: item for item in document["Statement"]}

    for access in dataset.versions.bucket_access():
        named = statements[access.id]["Condition"]["ArnEquals"]["aws:PrincipalArn"]
        assert several(named) == list(dataset.versions.roles)
    opened = {
        resource.removeprefix(f"arn:aws:s3:::{BUCKET}")
        for item in statements.values()
        if item["Effect"] == "Allow"
        for resource in several(item["Resource"])
    }
    assert opened <= {"", "/dvc/*", "/released/*", "/released/train/*"}


def test_arrival_is_the_arrival_of_a_release() -> None:
    spec = example_spec("vision")
    trigger = DataTrigger(kind="data", dataset="frames")
    pipelines = spec.pipelines.model_copy(update={"triggers": (trigger,)})
    datasets = tuple(item.model_copy(update={"versioning": "dvc"}) for item in spec.datasets)
    text = plan(
        spec.model_copy(update={"datasets": datasets, "pipelines": pipelines})
    ).canonical_json()

    assert '{"prefix":"released/train/"}' in text
    assert '{"prefix":"train/"}' not in text
