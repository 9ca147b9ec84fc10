"""Batch transform jobs: the model's container answers each object of a prefix."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from unittest import mock

from botocore.exceptions import ClientError
from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from groundplan.blueprints.catalogue import instance_types
from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.endpoints.containers import (
    Container,
    ContainerError,
    served_by,
)
from groundplan.stacks.rehearsal.emulator.jobs import api
from groundplan.stacks.rehearsal.emulator.jobs.job import CAPACITY_ERROR, Job, JobFailure
from groundplan.stacks.rehearsal.emulator.jobs.record import JobRecord
from groundplan.stacks.rehearsal.emulator.jobs.registry import scripts_of

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

TRANSFORM_SECONDS = 300
MEBIBYTE = 1024 * 1024
DEFAULT_PAYLOAD_MIB = 6


class TransformJob(Job):
    """Answers between the first and the second description."""

    KIND = "transform"
    OPERATION = "TransformJob"

    @property
    def instance_type(self) -> str:
        """The one instance type."""
        return str(self.request["TransformResources"]["InstanceType"])

    @property
    def transform_job_name(self) -> str:
        """For moto's ListTransformJobs, as the next two."""
        return self.name

    @property
    def transform_job_status(self) -> str:
        """See `transform_job_name`."""
        return self.status

    @property
    def transform_end_time(self) -> datetime | None:
        """See `transform_job_name`."""
        return self.end_time

    def record(self) -> JobRecord:
        """The job as it stands."""
        seconds = TRANSFORM_SECONDS if self.status == "Completed" else 0
        return JobRecord(
            kind=self.KIND,
            account=self._place.account,
            region=self._place.region,
            name=self.name,
            instance_type=self.instance_type,
            spot=False,
            status=self.status,
            secondary_status="",
            failure_reason=self.failure_reason,
            training_seconds=seconds,
            billable_seconds=seconds,
            request=self.request,
            log=self.log,
        )

    def _state(self) -> dict[str, Any]:
        return {"TransformStartTime": self.start_time, "TransformEndTime": self.end_time}

    def _live(self) -> Iterator[None]:
        yield
        if self.instance_type in self._place.emulator.faults.no_on_demand_capacity:
            raise JobFailure(CAPACITY_ERROR)
        self.start_time = CLOCK.now()
        reason = self._failure_wanted()
        if reason is not None:
            raise JobFailure(reason)
        source = self.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
        given = self.home / "input"
        self.storage.download(source, given)
        container = self._container()
        try:
            for path in sorted(item for item in given.rglob("*") if item.is_file()):
                self._answer(container, path.read_bytes(), path.relative_to(given).as_posix())
        finally:
            container.stop()
        CLOCK.advance(TRANSFORM_SECONDS)
        self._end("Stopped" if self._stop_asked else "Completed")

    def _container(self) -> Container:
        place = self._place
        backend = sagemaker_backends[place.account][place.region]
        try:
            served = served_by(backend, self.request["ModelName"])
            archive = None
            if served.artifact_uri is not None:
                bucket, _, key = served.artifact_uri.removeprefix("s3://").partition("/")
                archive = self.storage.client.get_object(Bucket=bucket, Key=key)["Body"].read()
            container = Container(
                served,
                scripts_of(served.image, place.emulator.images),
                self.home / "container",
                archive,
            )
            container.wait()
        except (ContainerError, AWSValidationException, ClientError) as exc:
            raise JobFailure(f"ClientError: {exc}") from exc
        return container

    def _answer(self, container: Container, body: bytes, name: str) -> None:
        target = self.request["TransformOutput"]
        limit = self.request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MIB)
        if len(body) > limit * MEBIBYTE:
            raise JobFailure(f"ClientError: {name} is larger than {limit} MB, the largest payload")
        headers = {"Content-Type": self.request["TransformInput"].get("ContentType", "")}
        if "Accept" in target:
            headers["Accept"] = target["Accept"]
        try:
            answer = container.ask(body, headers)
        except ContainerError as exc:
            raise JobFailure(f"ClientError: {exc}") from exc
        if answer.status >= 400:
            said = answer.body.decode(errors="replace")
            raise JobFailure(f"ClientError: {name}: {answer.status}, {said}. See job logs")
        uri = f"{target['S3OutputPath'].rstrip('/')}/{name}.out"
        self.storage.upload(answer.body, uri, target.get("KmsKeyId"))


def check_transform(request: dict[str, Any], account: str, region: str) -> None:
    """Refuse a transform job as SageMaker does.

    Raises:
        AWSValidationException: The first rule that the request breaks.
    """
    resources = request["TransformResources"]
    name = resources["InstanceType"]
    known = instance_types().get(name)
    if known is None or not known.batch:
        raise AWSValidationException(f"Instance type {name} is not supported for transform jobs")
    if known.local_nvme and "VolumeKmsKeyId" in resources:
        raise AWSValidationException(
            f"VolumeKmsKeyId is not supported for {name}: its storage is local NVMe"
        )
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    if source["S3DataType"] != "S3Prefix" or request["TransformInput"].get("SplitType") not in (
        None,
        "None",
    ):
        raise AWSValidationException("The emulator transforms whole objects of an S3 prefix only")
    models = sagemaker_backends[account][region]._models
    if request["ModelName"] not in models:
        raise AWSValidationException(f'Could not find model "{request["ModelName"]}".')


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Let transform jobs answer; refuse a model whose name is taken."""

    def create_transform_job(self: Any) -> ActionResult:
        request = api.request(self, "CreateTransformJob")
        check_transform(request, self.current_account, self.region)
        return api.create(emulator, TransformJob, self, request)

    create_model = SageMakerResponse.create_model

    def create_new_model(self: Any) -> ActionResult:
        name = self._get_param("ModelName")
        if name in self.sagemaker_backend._models:
            arn = self.sagemaker_backend._models[name].arn
            raise AWSValidationException(f'Cannot create already existing model "{arn}".')
        return create_model(self)

    methods = {
        "create_model": create_new_model,
        "create_transform_job": create_transform_job,
        "describe_transform_job": api.describe(TransformJob),
        "stop_transform_job": api.stop(TransformJob),
    }
    with ExitStack() as stack:
        for name, method in methods.items():
            stack.enter_context(mock.patch.object(SageMakerResponse, name, method, create=True))
        yield
