"""What SageMaker refuses when a job is created, beyond the shapes of its API."""

from typing import Any

from moto.core.exceptions import ServiceException
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.sagemaker.exceptions import AWSValidationException

from groundplan.blueprints.catalogue import instance_types

_PROCESSING_ROOT = "/opt/ml/processing/"


def check_training(request: dict[str, Any], account: str, region: str) -> None:
    """Refuse a training job as SageMaker does.

    Raises:
        AWSValidationException: The first rule that the request breaks.
    """
    spot = request.get("EnableManagedSpotTraining", False)
    stopping = request.get("StoppingCondition", {})
    wait, run = stopping.get("MaxWaitTimeInSeconds"), stopping.get("MaxRuntimeInSeconds", 86_400)
    _require(
        not spot or wait is not None,
        "MaxWaitTimeInSeconds must be given when EnableManagedSpotTraining is true",
    )
    _require(
        spot or wait is None,
        "MaxWaitTimeInSeconds is only for jobs with EnableManagedSpotTraining",
    )
    _require(
        wait is None or wait >= run,
        f"MaxWaitTimeInSeconds {wait} must be at least MaxRuntimeInSeconds {run}",
    )
    for channel in request.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource")
        _require(
            source is not None and source["S3DataType"] == "S3Prefix",
            f"Channel {channel['ChannelName']}: the emulator reads S3 prefixes only",
        )
    _check_resources(request["ResourceConfig"], "training")
    _check_role(request["RoleArn"], account)
    _check_network(request.get("VpcConfig"), account, region)


def check_processing(request: dict[str, Any], account: str, region: str) -> None:
    """Refuse a processing job as SageMaker does.

    Raises:
        AWSValidationException: The first rule that the request breaks.
    """
    for item in request.get("ProcessingInputs", []):
        _require("S3Input" in item, f"Input {item['InputName']}: the emulator reads S3 only")
        _check_path(item["S3Input"].get("LocalPath", ""), item["InputName"])
    for item in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        _require("S3Output" in item, f"Output {item['OutputName']}: the emulator writes S3 only")
        _check_path(item["S3Output"].get("LocalPath", ""), item["OutputName"])
    _check_resources(request["ProcessingResources"]["ClusterConfig"], "processing")
    _check_role(request["RoleArn"], account)
    _check_network(request.get("NetworkConfig", {}).get("VpcConfig"), account, region)


def _check_path(path: str, name: str) -> None:
    _require(
        path.startswith(_PROCESSING_ROOT) and ".." not in path.split("/"),
        f"LocalPath '{path}' of {name} must be below {_PROCESSING_ROOT}",
    )


def _check_resources(resources: dict[str, Any], use: str) -> None:
    name = resources.get("InstanceType")
    _require(name is not None, "The emulator needs an InstanceType, not instance groups")
    _require(resources.get("InstanceCount") == 1, "The emulator runs jobs of exactly one instance")
    known = instance_types().get(str(name))
    _require(
        known is not None and bool(getattr(known, use)),
        f"Instance type {name} is not supported for {use} jobs",
    )
    _require(
        known is None or not known.local_nvme or "VolumeKmsKeyId" not in resources,
        f"VolumeKmsKeyId is not supported for {name}: its storage is local NVMe",
    )


def _check_role(arn: str, account: str) -> None:
    owner = arn.split(":")[4]
    _require(owner == account, f"Cross-account pass role is not allowed: {arn}")
    try:
        iam_backends[account]["aws"].get_role_by_arn(arn)
    except ServiceException as exc:
        raise AWSValidationException(f"Could not assume role {arn}: it does not exist") from exc


def _check_network(config: dict[str, Any] | None, account: str, region: str) -> None:
    if config is None:
        return
    backend = ec2_backends[account][region]
    for subnet in config["Subnets"]:
        try:
            backend.get_subnet(subnet)
        except ServiceException as exc:
            raise AWSValidationException(f"The subnet {subnet} does not exist") from exc
    for group in config["SecurityGroupIds"]:
        _require(
            backend.get_security_group_from_id(group) is not None,
            f"The security group {group} does not exist",
        )


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise AWSValidationException(message)
