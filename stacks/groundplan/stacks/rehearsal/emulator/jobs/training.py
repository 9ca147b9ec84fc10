"""Training jobs, on demand and on managed spot capacity."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.jobs.job import (
    CAPACITY_ERROR,
    Job,
    JobFailure,
    Place,
)
from groundplan.stacks.rehearsal.emulator.jobs.record import JobRecord
from groundplan.stacks.rehearsal.emulator.jobs.script import Outcome
from groundplan.stacks.rehearsal.emulator.jobs.storage import archive

_TRAINING_SECONDS = 600
_INTERRUPTED_SECONDS = 300
_SPOT_SHARE = 0.3
_WAITING_SECONDS = 60
_DEFAULT_RUNTIME_SECONDS = 86_400
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Interrupted": "Job was interrupted because the managed spot training instances were "
    "terminated",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
}


class TrainingJob(Job):
    """Passes Starting, Downloading and Training; the script runs when Training ends.

    The times are those of a model, not of this machine: ten minutes a run, five for one that is
    interrupted, of which managed spot training bills three tenths.
    """

    KIND = "training"
    OPERATION = "TrainingJob"

    def __init__(self, place: Place, request: dict[str, Any]) -> None:
        """Create the job in ``Starting``."""
        self.secondary_status = ""
        self._transitions: list[dict[str, Any]] = []
        self._seconds = 0
        super().__init__(place, request)
        self._enter("Starting")

    @property
    def instance_type(self) -> str:
        """The one instance type."""
        return str(self.request["ResourceConfig"]["InstanceType"])

    @property
    def spot(self) -> bool:
        """Whether it uses managed spot training."""
        return bool(self.request.get("EnableManagedSpotTraining", False))

    @property
    def training_job_name(self) -> str:
        """For moto's ListTrainingJobs and Search, as the next two."""
        return self.name

    @property
    def training_job_status(self) -> str:
        """See `training_job_name`."""
        return self.status

    @property
    def training_end_time(self) -> datetime | None:
        """See `training_job_name`."""
        return self.end_time

    @property
    def _billable_seconds(self) -> int:
        return round(self._seconds * _SPOT_SHARE) if self.spot else self._seconds

    @property
    def _checkpoints(self) -> Path:
        config = self.request.get("CheckpointConfig", {})
        return self._path(config.get("LocalPath", "/opt/ml/checkpoints"))

    @property
    def _limit(self) -> int:
        condition = self.request.get("StoppingCondition", {})
        return int(condition.get("MaxRuntimeInSeconds", _DEFAULT_RUNTIME_SECONDS))

    @property
    def _artifact_uri(self) -> str:
        output = self.request["OutputDataConfig"]
        base = f"{output['S3OutputPath'].rstrip('/')}/{self.name}/output/model"
        return f"{base}/" if output.get("CompressionType") == "NONE" else f"{base}.tar.gz"

    def record(self) -> JobRecord:
        """The job as it stands."""
        return JobRecord(
            kind=self.KIND,
            account=self._place.account,
            region=self._place.region,
            name=self.name,
            instance_type=self.instance_type,
            spot=self.spot,
            status=self.status,
            secondary_status=self.secondary_status,
            failure_reason=self.failure_reason,
            training_seconds=self._seconds,
            billable_seconds=self._billable_seconds,
            request=self.request,
            log=self.log,
        )

    def stop(self) -> None:
        """Ask the job to stop."""
        super().stop()
        if self.status == "Stopping":
            self._enter("Stopping")

    def _state(self) -> dict[str, Any]:
        ran = self._seconds > 0
        return {
            "EnableInterContainerTrafficEncryption": self.request.get(
                "EnableInterContainerTrafficEncryption", False
            ),
            "EnableManagedSpotTraining": self.spot,
            "EnableNetworkIsolation": self.request.get("EnableNetworkIsolation", False),
            "SecondaryStatus": self.secondary_status,
            "SecondaryStatusTransitions": [dict(item) for item in self._transitions],
            "ModelArtifacts": {"S3ModelArtifacts": self._artifact_uri},
            "TrainingStartTime": self.start_time,
            "TrainingEndTime": self.end_time,
            "TrainingTimeInSeconds": self._seconds if ran else None,
            "BillableTimeInSeconds": self._billable_seconds if ran else None,
            "FinalMetricDataList": self._metrics() or None,
        }

    def _live(self) -> Iterator[None]:
        yield
        while True:
            yield from self._wait_for_capacity()
            if self.status == "Stopped":
                return
            self._enter("Downloading")
            yield
            self._download()
            self._enter("Training")
            self.start_time = self.start_time or CLOCK.now()
            yield
            reason = self._failure_wanted()
            if reason is not None:
                self._pass_time(_TRAINING_SECONDS)
                raise JobFailure(reason)
            faults = self._place.emulator.faults
            interrupted = self.spot and self.instance_type in faults.interrupt
            outcome = self._train(interrupt=interrupted)
            self._keep_checkpoints()
            if not interrupted or self._stop_asked:
                break
            faults.interrupt.discard(self.instance_type)
            self._pass_time(_INTERRUPTED_SECONDS)
            self._enter("Interrupted")
            yield
            self._enter("Starting")
            yield
        self._pass_time(_TRAINING_SECONDS)
        self._finish(outcome)

    def _wait_for_capacity(self) -> Iterator[None]:
        faults = self._place.emulator.faults
        if not self.spot and self.instance_type in faults.no_on_demand_capacity:
            raise JobFailure(CAPACITY_ERROR)
        wait = self.request.get("StoppingCondition", {}).get("MaxWaitTimeInSeconds", 0)
        looked = CLOCK.now()
        while self.spot and self.instance_type in faults.no_capacity:
            if (CLOCK.now() - self.creation_time).total_seconds() > wait:
                self._end("Stopped", secondary="MaxWaitTimeExceeded")
                return
            # whoever polls without waiting would otherwise never see the end of the wait
            CLOCK.advance(_WAITING_SECONDS - (CLOCK.now() - looked).total_seconds())
            looked = CLOCK.now()
            yield

    def _download(self) -> None:
        for path in (self.root / "model", self.root / "output"):
            shutil.rmtree(path, ignore_errors=True)  # what an interrupted run left
        for path in (self.root / "model", self.root / "output" / "data", self._checkpoints):
            path.mkdir(parents=True, exist_ok=True)
        config = {}
        for channel in self.request.get("InputDataConfig", []):
            source = channel["DataSource"]["S3DataSource"]
            name = channel["ChannelName"]
            self.storage.download(source["S3Uri"], self.root / "input" / "data" / name)
            config[name] = {
                "ContentType": channel.get("ContentType", ""),
                "RecordWrapperType": channel.get("RecordWrapperType", "None"),
                "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
                "TrainingInputMode": channel.get("InputMode", "File"),
            }
        checkpoints = self.request.get("CheckpointConfig")
        if checkpoints is not None:
            self.storage.download(checkpoints["S3Uri"], self._checkpoints, required=False)
        self._write("input/config/hyperparameters.json", self.request.get("HyperParameters", {}))
        self._write("input/config/inputdataconfig.json", config)
        self._write("input/config/resourceconfig.json", self._hosts())

    def _train(self, *, interrupt: bool) -> Outcome:
        algorithm = self.request["AlgorithmSpecification"]
        command = [
            *algorithm.get("ContainerEntrypoint", []),
            *algorithm.get("ContainerArguments", []),
        ]
        script = self._prepare(
            algorithm.get("TrainingImage", ""),
            command,
            {
                **self.request.get("Environment", {}),
                "TRAINING_JOB_ARN": self.arn,
                "TRAINING_JOB_NAME": self.name,
            },
            isolated=self.request.get("EnableNetworkIsolation", False),
        )
        watch = self._new_checkpoint() if interrupt else None
        return self._run(script, self._limit, interrupt=watch)

    def _new_checkpoint(self) -> Callable[[], bool]:
        before = self._checkpoint_files()
        return lambda: self._checkpoint_files() != before

    def _checkpoint_files(self) -> dict[Path, tuple[int, int]]:
        found = {}
        for path in self._checkpoints.rglob("*"):
            status = path.stat() if path.is_file() else None
            if status is not None and status.st_size > 0:
                found[path] = (status.st_size, status.st_mtime_ns)
        return found

    def _keep_checkpoints(self) -> None:
        config = self.request.get("CheckpointConfig")
        if config is not None:
            key = self.request["OutputDataConfig"].get("KmsKeyId")
            self.storage.upload_tree(self._checkpoints, config["S3Uri"], key)

    def _finish(self, outcome: Outcome) -> None:
        stopped = self._stop_asked or outcome.timed_out
        if outcome.exit_code != 0 and not stopped:
            said = self._said("failure") or self._last_words()
            raise JobFailure(f"AlgorithmError: {said}"[:1000] + f", exit code: {outcome.exit_code}")
        self._enter("Uploading")
        output = self.request["OutputDataConfig"]
        key = output.get("KmsKeyId")
        if self._artifact_uri.endswith("/"):
            self.storage.upload_tree(self.root / "model", self._artifact_uri, key)
        else:
            self.storage.upload(archive(self.root / "model"), self._artifact_uri, key)
        if any((self.root / "output" / "data").iterdir()):
            target = f"{self._artifact_uri.rsplit('/output/', 1)[0]}/output/output.tar.gz"
            self.storage.upload(archive(self.root / "output" / "data"), target, key)
        if outcome.timed_out:
            self._end("Stopped", secondary="MaxRuntimeExceeded")
        else:
            self._end("Stopped" if stopped else "Completed")

    def _end(self, status: str, reason: str = "", *, secondary: str | None = None) -> None:
        self._enter(secondary or status)
        self._transitions[-1]["EndTime"] = CLOCK.now()
        super()._end(status, reason)

    def _enter(self, secondary: str) -> None:
        now = CLOCK.now()
        if self._transitions:
            self._transitions[-1]["EndTime"] = now
        message = _MESSAGES.get(secondary, secondary)
        self._transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
        self.secondary_status = secondary
        self.last_modified_time = now

    def _pass_time(self, seconds: int) -> None:
        seconds = min(seconds, self._limit)
        self._seconds += seconds
        CLOCK.advance(seconds)

    def _last_words(self) -> str:
        lines = (
            self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        )
        return lines[-1] if lines else "the script said nothing"

    def _metrics(self) -> list[dict[str, Any]]:
        definitions = self.request["AlgorithmSpecification"].get("MetricDefinitions", [])
        if self.end_time is None or not self.log.exists():
            return []
        text = self.log.read_text(errors="replace")
        found = []
        for item in definitions:
            values = re.findall(item["Regex"], text)
            if values:
                value = {"MetricName": item["Name"], "Value": float(values[-1])}
                found.append({**value, "Timestamp": self.end_time})
        return found
