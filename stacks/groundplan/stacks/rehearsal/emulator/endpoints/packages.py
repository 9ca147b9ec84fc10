"""Model packages and their groups, across accounts and under the group's policy."""

import fnmatch
import json
from typing import TYPE_CHECKING, Any

from moto.sagemaker.exceptions import (
    AWSValidationException,
    ConflictException,
    SagemakerClientError,
)
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends

from groundplan.stacks.rehearsal.emulator.jobs.registry import check_pushed
from groundplan.stacks.rehearsal.emulator.jobs.storage import Storage

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

_NAMES = ("ModelPackageName", "ModelPackageArn", "ModelPackageGroupName")


def backend_for(response: Any) -> Any:
    """The account that a request is about: the owner of the package or group whose ARN it has.

    Raises:
        SagemakerClientError: The group's policy does not let the caller's account do that.
    """
    arn = next((value for name in _NAMES if is_arn(value := response._get_param(name) or "")), None)
    if arn is None:
        return sagemaker_backends[response.current_account][response.region]
    return owner_of(arn, response._get_action(), response.current_account)


def owner_of(arn: str, action: str, account: str) -> Any:
    """Backend of the package's or group's owner, if ``account`` may do ``action`` there.

    Raises:
        SagemakerClientError: The group's policy does not let it.
    """
    _, _, _, region, owner, resource = arn.split(":", 5)
    backend = sagemaker_backends[owner][region]
    group = backend.model_package_groups.get(resource.split("/")[1])
    policy = getattr(group, "resource_policy", None)
    if owner != account and not _allows(policy, f"sagemaker:{action}", account):
        raise SagemakerClientError(
            "AccessDeniedException",
            f"Account {account} is not authorized to perform sagemaker:{action} on {arn} because "
            "no resource policy of its model package group allows it",
        )
    return backend


def is_arn(value: str) -> bool:
    """Whether a name is given as an ARN."""
    return value.startswith("arn:")


def _allows(policy: str | None, action: str, account: str) -> bool:
    """Whether a statement names the action and the account; conditions are not evaluated."""
    statements = [] if policy is None else json.loads(policy)["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        named = _list("*" if principal == "*" else principal.get("AWS", []))
        known = {"*", account, f"arn:aws:iam::{account}:root"}
        actions = _list(statement.get("Action", []))
        if (
            statement["Effect"] == "Allow"
            and known & set(named)
            and any(fnmatch.fnmatchcase(action, pattern) for pattern in actions)
        ):
            return True
    return False


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def check_new_package(emulator: "Emulator", response: Any) -> None:
    """Refuse a package whose images or artefacts do not exist.

    Raises:
        AWSValidationException: Naming the first that is missing.
    """
    storage = Storage(emulator.client("s3", response.current_account, response.region))
    specification = response._get_param("InferenceSpecification") or {}
    for container in specification.get("Containers", []):
        if "Image" in container:
            check_pushed(container["Image"])
        url = container.get("ModelDataUrl")
        if url is not None and not storage.exists(url):
            raise AWSValidationException(f"Could not find model data at {url}.")


def check_container(container: dict[str, Any] | None, account: str) -> None:
    """Refuse a model of a package that does not exist or is not approved.

    Raises:
        AWSValidationException: The package is not approved.
        SagemakerClientError: Its owner does not share it.
        ValidationError: There is no such package.
    """
    arn = (container or {}).get("ModelPackageName")
    if arn is None:
        return
    package = owner_of(arn, "DescribeModelPackage", account).describe_model_package(arn)
    if package.model_package_group_name and package.model_approval_status != "Approved":
        raise AWSValidationException(
            f"Model package {arn} is {package.model_approval_status}, it must be Approved"
        )


def put_policy(backend: SageMakerModelBackend, group_name: str, policy: str | None) -> None:
    """Set the policy of a group, or take it away.

    Raises:
        ValidationError: There is no such group.
    """
    group: Any = backend.describe_model_package_group(group_name)
    group.resource_policy = policy


def delete_group(backend: SageMakerModelBackend, group_name: str) -> None:
    """Delete an empty group.

    Raises:
        ConflictException: It still has packages.
        ValidationError: There is no such group.
    """
    group = backend.describe_model_package_group(group_name)
    name = group.model_package_group_name
    if any(item.model_package_group_name == name for item in backend.model_packages.values()):
        raise ConflictException(f"Model package group {name} has model packages; delete them first")
    del backend.model_package_groups[name]
