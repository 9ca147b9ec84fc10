"""An environment's services as far as a release touches them, with the ways in which they fail."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from groundplan.pipelines import (
    ReleaseApproval,
    ReleasePipelineSettings,
    ReleaseTarget,
    definition,
    release_pipeline,
)

GROUP = "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn-churn"
PACKAGE = GROUP.replace("model-package-group", "model-package")
OLD, NEW = f"{PACKAGE}/1", f"{PACKAGE}/2"
APPROVER = "arn:aws:iam::111111111111:role/team/approver"
ANN = "arn:aws:sts::111111111111:assumed-role/approver/ann"
ME = "arn:aws:states:eu-west-1:333333333333:execution:churn-prod-release:run-1"
ALARMS = ("churn-prod-churn-errors", "churn-prod-churn-latency")
CASES = {
    "content_type": "application/json",
    "cases": [
        {"body": '{"instances": [{"age": 30}]}', "answer": {"predictions": [0.25]}},
        {"body": '{"instances": [{"age": 60}]}', "answer": {"predictions": [[1, 0.75], None]}},
    ],
}
ANSWERS = {json.dumps(json.loads(case["body"])): case["answer"] for case in CASES["cases"]}  # type: ignore[index]
FAR = "9999999999"
BY_LIFE_CYCLE = ReleaseApproval(by="life_cycle", approver_roles=(APPROVER,))


def release_settings(**changes: Any) -> ReleasePipelineSettings:
    """A production environment with one endpoint; ``target_*`` changes that."""
    target = {key[7:]: changes.pop(key) for key in list(changes) if key.startswith("target_")}
    fields: dict[str, Any] = {
        "project": "churn",
        "environment": "prod",
        "stage": "production",
        "lock_table": "churn-prod-locks",
        "bus_arn": "arn:aws:events:eu-west-1:333333333333:event-bus/churn-prod",
        "topic_arn": "arn:aws:sns:eu-west-1:333333333333:churn-prod-alerts",
        "cases_bucket": "models",
        "endpoint_tag": "groundplan:endpoint",
    }
    endpoint: dict[str, Any] = {
        "model": "churn",
        "model_package_group_arn": GROUP,
        "stack_name": "churn-prod-serving-churn",
        "endpoint_name": "churn-prod-churn",
        "live_parameter": "/groundplan/churn/prod/churn/live",
        "alarm_names": ALARMS,
    }
    return ReleasePipelineSettings(
        **fields | {"targets": (ReleaseTarget(**endpoint | target),)} | changes
    )


@dataclass
class World:
    """One endpoint that serves version 1 while version 2 waits, approved."""

    machine: Any
    error: Any
    settings: ReleasePipelineSettings
    packages: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: str = "UPDATE_COMPLETE"
    parameters: dict[str, str] = field(default_factory=dict)
    endpoint: str | None = None
    endpoint_status: str = "InService"
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    locks: dict[str, dict[str, Any]] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ALARMS, "OK"))
    updates: list[str] = field(default_factory=list)
    """How the next updates end: done, rolled back, silent, stuck; after these, done."""
    continues: list[str] = field(default_factory=list)
    """How the next continued rollbacks end: done or stuck; after these, done."""
    after: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What happens when a state is entered."""
    broken: dict[str, str] = field(default_factory=dict)
    """Task state -> the error with which it fails for ever."""
    answers: Callable[[Any], Any] = lambda body: ANSWERS[json.dumps(body)]
    cases: Any = field(default_factory=lambda: CASES)
    clock: int = 0
    live: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    rollouts: list[str] = field(default_factory=list)
    running: Any = None

    def __post_init__(self) -> None:
        for arn in (OLD, NEW):
            self.packages[arn] = {
                "ModelApprovalStatus": "Approved",
                "LastModifiedBy": {"IamIdentity": {"Arn": ANN}},
                "LastModifiedTime": "2026-11-21T03:00:00Z",
                "ModelLifeCycle": {"Stage": "Production", "StageStatus": "Approved"},
                "CustomerMetadataProperties": {"groundplan.cases_uri": "s3://models/cases/c.json"},
            }
        self.serve(OLD, "none")

    # what is there

    def serve(self, version: str, shadow: str) -> None:
        """Put the endpoint on a new config, and the parameters with it."""
        self.parameters = {"ModelVersion": version, "ShadowModelVersion": shadow}
        if version == "none":
            self.endpoint = None
            return
        names = [self.add_model(item) for item in (version, shadow) if item != "none"]
        self.endpoint = self.add_config(names)

    def add_model(self, version: str, endpoint: str = "churn") -> str:
        name = f"model-{len(self.models) + 1}"
        self.models[name] = {"package": version, "created": self._tick(), "endpoint": endpoint}
        return name

    def add_config(self, models: list[str], endpoint: str = "churn") -> str:
        name = f"config-{len(self.configs) + 1}"
        self.configs[name] = {"models": models, "created": self._tick(), "endpoint": endpoint}
        return name

    def _tick(self) -> str:
        self.clock += 1
        return f"2026-11-20T{self.clock // 60:02}:{self.clock % 60:02}:00Z"

    @property
    def served(self) -> str:
        """The version behind the endpoint's traffic."""
        if self.endpoint is None:
            return "none"
        package: str = self.models[self.configs[self.endpoint]["models"][0]]["package"]
        return package

    @property
    def detail_types(self) -> list[str]:
        return [event["DetailType"] for event in self.events]

    # running

    def run(self, execution_id: str = ME, **given: str) -> dict[str, Any]:
        """Execute a release of version 2; the output, or ``Error`` and ``Cause``."""
        names = [name for name in dir(self) if name.startswith("_on_")]
        services = {name[4:]: self._service(getattr(self, name)) for name in names}
        built = definition(release_pipeline(self.settings))
        self.running = self.machine(
            built, services, {"model": "churn", "version": NEW} | given, execution_id=execution_id
        )
        output: dict[str, Any] = self.running.run(5000)
        return output

    def _service(self, answer: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        def call(arguments: dict[str, Any]) -> Any:
            here = self.running.path[-1]
            if here in self.broken:
                raise self.error(self.broken[here], "it does not work")
            if here in self.after:
                self.after.pop(here)()
            return answer(arguments)

        return call

    def visited(self, text: str) -> bool:
        return any(text in name for name in self.running.path)

    # services

    def _on_describeModelPackage(self, arguments: dict[str, Any]) -> Any:
        return self.packages[arguments["ModelPackageName"]]

    def _on_putItem(self, arguments: dict[str, Any]) -> Any:
        item, values = arguments["Item"], arguments["ExpressionAttributeValues"]
        held = self.locks.get(item["id"]["S"])
        if arguments["ConditionExpression"] == "holder = :me":
            if held is None or held["holder"] != values[":me"]:
                raise self.error("DynamoDb.ConditionalCheckFailedException", "not yours")
        elif (
            held is not None
            and int(held["expires_at"]["N"]) >= int(values[":now"]["N"])
            and held["holder"] != values[":me"]
        ):
            raise self.error("DynamoDb.ConditionalCheckFailedException", "held")
        self.locks[item["id"]["S"]] = item
        return {}

    def _on_deleteItem(self, arguments: dict[str, Any]) -> Any:
        key = arguments["Key"]["id"]["S"]
        holder = arguments["ExpressionAttributeValues"][":me"]
        if self.locks.get(key, {}).get("holder") != holder:
            raise self.error("DynamoDb.ConditionalCheckFailedException", "not yours")
        del self.locks[key]
        return {}

    def _on_describeStacks(self, arguments: dict[str, Any]) -> Any:
        status = self.status
        if status.endswith(" later"):
            self.status = status.removesuffix(" later")
            status = "UPDATE_IN_PROGRESS"
        listed = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
        ]
        return {"Stacks": [{"StackStatus": status, "Parameters": listed}]}

    def _on_continueUpdateRollback(self, arguments: dict[str, Any]) -> Any:
        assert self.status == "UPDATE_ROLLBACK_FAILED"
        if (self.continues.pop(0) if self.continues else "done") == "done":
            self.status = "UPDATE_ROLLBACK_COMPLETE later"
        return {}

    def _on_updateStack(self, arguments: dict[str, Any]) -> Any:
        assert arguments["UsePreviousTemplate"] is True and "RoleARN" not in arguments
        if self.status.endswith(("_IN_PROGRESS", "_FAILED")):
            raise self.error("CloudFormation.CloudFormationException", "cannot be updated")
        given = {item["ParameterKey"]: item["ParameterValue"] for item in arguments["Parameters"]}
        rollout = given.pop("Rollout")
        if given == self.parameters:
            raise self.error(
                "CloudFormation.CloudFormationException", "No updates are to be performed."
            )
        self.rollouts.append(rollout)
        outcome = self.updates.pop(0) if self.updates else "done"
        before, parameters = self.endpoint, self.parameters
        self.serve(given["ModelVersion"], given["ShadowModelVersion"])
        self.status = "UPDATE_COMPLETE later"
        if outcome != "done":
            self.endpoint = before
        if outcome in ("rolled back", "stuck"):
            self.parameters = parameters
            self.status = "UPDATE_ROLLBACK_COMPLETE later"
        if outcome == "stuck":
            self.status = "UPDATE_ROLLBACK_FAILED later"
        return {"StackId": "arn:stack"}

    def _on_describeEndpoint(self, arguments: dict[str, Any]) -> Any:
        assert arguments == {"EndpointName": "churn-prod-churn"}
        if self.endpoint is None:
            raise self.error("SageMaker.SageMakerException", "Could not find endpoint")
        return {"EndpointConfigName": self.endpoint, "EndpointStatus": self.endpoint_status}

    def _on_describeEndpointConfig(self, arguments: dict[str, Any]) -> Any:
        config = self.configs[arguments["EndpointConfigName"]]
        first, *rest = [{"ModelName": name} for name in config["models"]]
        shadow = {"ShadowProductionVariants": rest} if rest else {}
        return {"ProductionVariants": [first], "CreationTime": config["created"], **shadow}

    def _on_describeModel(self, arguments: dict[str, Any]) -> Any:
        package = self.models[arguments["ModelName"]]["package"]
        return {"PrimaryContainer": {"ModelPackageName": package}}

    def _on_getObject(self, arguments: dict[str, Any]) -> Any:
        assert arguments == {"Bucket": "models", "Key": "cases/c.json"}
        return {"Body": json.dumps(self.cases)}

    def _on_invokeEndpoint(self, arguments: dict[str, Any]) -> Any:
        return {"Body": json.dumps(self.answers(arguments["Body"]))}

    def _on_describeAlarms(self, arguments: dict[str, Any]) -> Any:
        found = [
            {"AlarmName": name, "StateValue": self.alarms[name]}
            for name in arguments["AlarmNames"]
            if name in self.alarms
        ]
        return {"MetricAlarms": found, "CompositeAlarms": []}

    def _on_putParameter(self, arguments: dict[str, Any]) -> Any:
        self.live[arguments["Name"]] = arguments["Value"]
        return {}

    def _listed(self, arguments: dict[str, Any], items: dict[str, Any], word: str) -> list[Any]:
        limit = arguments["CreationTimeBefore"]
        return [
            {f"{word}Name": name, f"{word}Arn": f"arn:{name}", "CreationTime": item["created"]}
            for name, item in items.items()
            if item["created"] <= limit
        ]

    def _on_listEndpointConfigs(self, arguments: dict[str, Any]) -> Any:
        return {"EndpointConfigs": self._listed(arguments, self.configs, "EndpointConfig")}

    def _on_listModels(self, arguments: dict[str, Any]) -> Any:
        found = self._listed(arguments, self.models, "Model")
        if "NextToken" in arguments:
            return {"Models": found[2:]}
        return {"Models": found[:2], "NextToken": "more"}

    def _on_listTags(self, arguments: dict[str, Any]) -> Any:
        name = arguments["ResourceArn"].removeprefix("arn:")
        owner = (self.configs | self.models)[name]["endpoint"]
        return {"Tags": [{"Key": "groundplan:endpoint", "Value": f"churn-prod-{owner}"}]}

    def _on_deleteEndpointConfig(self, arguments: dict[str, Any]) -> Any:
        del self.configs[arguments["EndpointConfigName"]]
        return {}

    def _on_deleteModel(self, arguments: dict[str, Any]) -> Any:
        """SageMaker itself does not look whether a config still names the model."""
        used = [name for config in self.configs.values() for name in config["models"]]
        assert arguments["ModelName"] not in used
        del self.models[arguments["ModelName"]]
        return {}

    def _on_putEvents(self, arguments: dict[str, Any]) -> Any:
        self.events += arguments["Entries"]
        return {"FailedEntryCount": 0}

    def _on_publish(self, arguments: dict[str, Any]) -> Any:
        self.messages.append(f"{arguments['Subject']}: {arguments['Message']}")
        return {"MessageId": "1"}
