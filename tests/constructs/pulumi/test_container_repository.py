import json
from collections.abc import Callable

import pulumi
import pytest
from tests_support import example_spec, found

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.container_repository import (
    ContainerRepositoryPlan,
    plan_container_repository,
)
from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import (
    ContainerRepository,
    ContainerRepositoryArgs,
    EncryptionKey,
    EncryptionKeyArgs,
    ModelRegistry,
    ModelRegistryArgs,
)
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]
PLACE = Place(account="111111111111", region="eu-west-1")
KEY = plan_encryption_key(alias="images", place=PLACE)


def test_images_are_encrypted_scanned_and_never_overwritten(run: Run) -> None:
    plan = plan_container_repository(name="renderer", place=PLACE, encryption_key=KEY.arn)

    def program() -> None:
        key = EncryptionKey("key", EncryptionKeyArgs(plan=KEY))
        args = ContainerRepositoryArgs(plan=plan, encryption_key=key.arn)
        repository = ContainerRepository("images", args)
        pulumi.export("key", key.arn)
        pulumi.export("url", repository.url)
        pulumi.export("arn", repository.arn)

    recording = run(program)
    [repository] = recording.of_type("aws:ecr/repository:Repository")
    assert repository.inputs == {
        "name": "renderer",
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": recording.outputs["key"]}],
        "imageScanningConfiguration": {"scanOnPush": True},
        "imageTagMutability": "IMMUTABLE",
    }
    [lifecycle] = recording.of_type("aws:ecr/lifecyclePolicy:LifecyclePolicy")
    [rule] = json.loads(lifecycle.inputs["policy"])["rules"]
    assert rule["selection"]["tagStatus"] == "untagged"
    assert recording.outputs["url"] == "111111111111.dkr.ecr.eu-west-1.amazonaws.com/renderer"
    assert recording.outputs["arn"] == PLACE.arn("ecr", "repository/renderer")


def test_other_accounts_are_admitted_by_policies(run: Run) -> None:
    decided = plan(example_spec("churn"), engine="pulumi")
    repository = next(found(decided, ContainerRepositoryPlan))
    registry = next(found(decided, ModelRegistryPlan))
    assert repository.policy is not None and registry.policy is not None

    def program() -> None:
        args = ContainerRepositoryArgs(plan=repository, encryption_key="arn:aws:kms:::key/a")
        ContainerRepository("images", args)
        pulumi.export("arn", ModelRegistry("churn", ModelRegistryArgs(plan=registry)).arn)

    recording = run(program)
    inputs = {item.name: item for item in recording.registrations}
    policy = inputs["images-Policy"]
    assert json.loads(policy.inputs["policy"]) == repository.policy.to_json()
    group = inputs["churn-Policy"]
    assert json.loads(group.inputs["resourcePolicy"]) == registry.policy.to_json()
    for name in ("images-Resource", "images-Policy", "images-Lifecycle", "churn-Resource"):
        assert inputs[name].protect and inputs[name].retain_on_delete
    assert recording.outputs["arn"] == registry.arn


def test_fails_without_the_key_that_the_plan_refers_to(run: Run) -> None:
    plan = plan_container_repository(name="renderer", place=PLACE, encryption_key=KEY.arn)
    with pytest.raises(ConstructError, match=r"images\.encryption_key: the plan refers to the key"):
        run(lambda: ContainerRepository("images", ContainerRepositoryArgs(plan=plan)))
