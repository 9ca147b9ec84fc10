"""Processing jobs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.jobs.job import CAPACITY_ERROR, Job, JobFailure
from groundplan.stacks.rehearsal.emulator.jobs.record import JobRecord

_PROCESSING_SECONDS = 300
_DEFAULT_RUNTIME_SECONDS = 86_400


class ProcessingJob(Job):
    """Runs its script between the first and the second description."""

    KIND = "processing"
    OPERATION = "ProcessingJob"

    @property
    def instance_type(self) -> str:
        """The one instance type."""
        return str(self.request["ProcessingResources"]["ClusterConfig"]["InstanceType"])

    @property
    def processing_job_name(self) -> str:
        """For moto's ListProcessingJobs, as the next two."""
        return self.name

    @property
    def processing_job_status(self) -> str:
        """See `processing_job_name`."""
        return self.status

    @property
    def processing_end_time(self) -> datetime | None:
        """See `processing_job_name`."""
        return self.end_time

    def record(self) -> JobRecord:
        """The job as it stands."""
        seconds = _PROCESSING_SECONDS if self.status == "Completed" else 0
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
        return {
            "ProcessingStartTime": self.start_time,
            "ProcessingEndTime": self.end_time,
            "ExitMessage": self._said("message")[:1024] or None,
        }

    def _live(self) -> Iterator[None]:
        yield
        if self.instance_type in self._place.emulator.faults.no_on_demand_capacity:
            raise JobFailure(CAPACITY_ERROR)
        self._download()
        self.start_time = CLOCK.now()
        reason = self._failure_wanted()
        if reason is not None:
            raise JobFailure(reason)
        app = self.request["AppSpecification"]
        script = self._prepare(
            app["ImageUri"],
            [*app.get("ContainerEntrypoint", []), *app.get("ContainerArguments", [])],
            {**self.request.get("Environment", {}), "PROCESSING_JOB_NAME": self.name},
            isolated=self.request.get("NetworkConfig", {}).get("EnableNetworkIsolation", False),
        )
        limit = self.request.get("StoppingCondition", {}).get(
            "MaxRuntimeInSeconds", _DEFAULT_RUNTIME_SECONDS
        )
        outcome = self._run(script, limit)
        CLOCK.advance(min(_PROCESSING_SECONDS, limit))
        if self._stop_asked or outcome.timed_out:
            self._end("Stopped")
            return
        if outcome.exit_code != 0:
            raise JobFailure("AlgorithmError: See job logs for more information")
        self._upload()
        self._end("Completed")

    def _download(self) -> None:
        for item in self.request.get("ProcessingInputs", []):
            source = item["S3Input"]
            self.storage.download(source["S3Uri"], self._path(source["LocalPath"]))
        for item in self.request.get("ProcessingOutputConfig", {}).get("Outputs", []):
            self._path(item["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
        (self.root / "output").mkdir(exist_ok=True)
        self._write("config/resourceconfig.json", self._hosts())
        self._write("config/processingjobconfig.json", self.request)

    def _upload(self) -> None:
        config = self.request.get("ProcessingOutputConfig", {})
        for item in config.get("Outputs", []):
            target = item["S3Output"]
            self.storage.upload_tree(
                self._path(target["LocalPath"]), target["S3Uri"], config.get("KmsKeyId")
            )
