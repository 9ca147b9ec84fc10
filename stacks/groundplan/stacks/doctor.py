"""Checks that accounts are ready for a project's deployments. Reads only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.delivery_pipeline_template import (
    CONNECTION_OUTPUT,
    delivery_pipeline_template,
)
from groundplan.blueprints.plan.model_monitor import CLOSED
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.blueprints.plan.stage_0 import Stage0Plan, template
from groundplan.blueprints.plan.stage_0_template import HASH_OUTPUT
from groundplan.blueprints.plan.trail_template import trail_template
from groundplan.stacks.bootstrap_source import REQUIRED_VERSION
from groundplan.stacks.quotas import QuotaNeed, quota_needs

REPEAT = "groundplan bootstrap SPEC --out DIR, and follow its README"
BAD_STATES = ("_FAILED", "ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS")
"""Endings of the states in which a stack needs a person. ``UPDATE_ROLLBACK_COMPLETE`` does not."""
UNREACHABLE = (BotoCoreError, ClientError)

Status = Literal["ok", "warn", "fail"]
SessionFor = Callable[[Place], boto3.Session]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding about one account."""

    account: str
    """Account id."""

    what: str
    """What was checked, such as ``stage 0``."""

    status: Status
    """``ok``; ``warn``: works, but look; ``fail``: a deployment would fail."""

    detail: str
    """What was seen."""

    fix: str | None = None
    """What to do; ``None`` where nothing is."""


def sessions(profile_prefix: str = "") -> SessionFor:
    """Return what opens a session of an account.

    Args:
        profile_prefix: The profile of an account is this and its id. Default: the present
            credentials, whatever account they are of.
    """

    def session_for(place: Place) -> boto3.Session:
        profile = f"{profile_prefix}{place.account}" if profile_prefix else None
        return boto3.Session(profile_name=profile, region_name=place.region)

    return session_for


def doctor(plan: Plan, session_for: SessionFor) -> tuple[Check, ...]:
    """Check every account of a plan, in the order of the accounts.

    Args:
        plan: A decided project.
        session_for: Opens a session of an account; see :func:`sessions`.
    """
    return tuple(
        check for stage_0 in plan.stage_0 for check in _Account(plan, stage_0, session_for).checks()
    )


class _Account:
    def __init__(self, plan: Plan, stage_0: Stage0Plan, session_for: SessionFor) -> None:
        self._plan = plan
        self._stage_0 = stage_0
        self._place = stage_0.place
        self._session_for = session_for

    def checks(self) -> list[Check]:
        reached = self._credentials()
        if reached.status == "fail":
            return [reached]
        wanted: tuple[tuple[str, Callable[[], list[Check]]], ...] = (
            ("stage 0", self._stage_0_stack),
            ("audit trail", self._trail),
            ("pipeline", self._pipeline),
            ("connection", self._connection),
            ("bootstrap", self._bootstrap),
            ("identity provider", self._oidc_provider),
            ("job logs", self._log_groups),
            ("access analyser", self._analyzer),
            ("quotas", self._quotas),
            ("Model Monitor", self._model_monitor),
            ("stacks", self._stacks),
        )
        found = [reached]
        for what, check in wanted:
            try:
                found += check()
            except UNREACHABLE as exc:
                found.append(self._fail(what, str(exc), "allow the caller to read it"))
        return found

    @property
    def _repeat(self) -> str:
        """What makes stage 0 and the bootstrap again."""
        engine = "" if self._plan.engine == "cdk" else f" --engine {self._plan.engine}"
        return REPEAT.replace(" --out", f"{engine} --out")

    def _client(self, service: str) -> Any:
        open_client: Callable[..., Any] = self._session_for(self._place).client
        return open_client(service, region_name=self._place.region)

    def _check(self, what: str, status: Status, detail: str, fix: str | None = None) -> Check:
        return Check(account=self._place.account, what=what, status=status, detail=detail, fix=fix)

    def _ok(self, what: str, detail: str) -> Check:
        return self._check(what, "ok", detail)

    def _fail(self, what: str, detail: str, fix: str) -> Check:
        return self._check(what, "fail", detail, fix)

    def _credentials(self) -> Check:
        try:
            caller = self._client("sts").get_caller_identity()
        except UNREACHABLE as exc:
            return self._fail("credentials", str(exc), "log in, or name profiles by a prefix")
        if caller["Account"] != self._place.account:
            return self._fail(
                "credentials",
                f"they are of account {caller['Account']}",
                f"use credentials of {self._place.account}",
            )
        return self._ok("credentials", caller["Arn"])

    def _stack(self, stack_name: str) -> Mapping[str, Any] | None:
        try:
            found = self._client("cloudformation").describe_stacks(StackName=stack_name)
        except ClientError as exc:
            if "does not exist" in str(exc):
                return None
            raise
        stack: Mapping[str, Any] = found["Stacks"][0]
        return stack

    def _stage_0_stack(self) -> list[Check]:
        return [self._template("stage 0", self._stage_0.stack_name, template(self._stage_0))]

    def _template(self, what: str, stack_name: str, wanted: Mapping[str, Any]) -> Check:
        """Compare a stack that an administrator deploys with its template of today."""
        stack = self._stack(stack_name)
        if stack is None:
            return self._fail(what, f"no stack {stack_name}", self._repeat)
        state = stack["StackStatus"]
        if _is_bad(state):
            return self._fail(what, f"{stack_name} is {state}", "see its events")
        outputs = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", ())}
        current = wanted["Outputs"][HASH_OUTPUT]["Value"]
        if outputs.get(HASH_OUTPUT) == current:
            return self._ok(what, f"as planned, {current}")
        answer = self._client("cloudformation").get_template(
            StackName=stack_name, TemplateStage="Original"
        )
        return self._fail(what, _difference(answer["TemplateBody"], wanted), self._repeat)

    def _trail(self) -> list[Check]:
        what, trail = "audit trail", self._stage_0.trail
        if trail is None:
            return []
        found = self._template(what, trail.stack_name, trail_template(trail))
        if found.status != "ok":
            return [found]
        status = self._client("cloudtrail").get_trail_status(Name=trail.arn)
        if not status["IsLogging"]:
            return [self._fail(what, f"{trail.name} is stopped", "start it again, and ask who did")]
        return [found]

    def _pipeline(self) -> list[Check]:
        plan = self._stage_0.pipeline
        if plan is None:
            return []
        return [self._template("pipeline", plan.stack_name, delivery_pipeline_template(plan))]

    def _connection(self) -> list[Check]:
        """Look at the connection by which CodePipeline reads the repository."""
        what, plan = "connection", self._stage_0.pipeline
        if plan is None:
            return []
        arn = plan.connection_arn
        if isinstance(arn, Ref):
            stack = self._stack(plan.stack_name)
            outputs = () if stack is None else stack.get("Outputs", ())
            made = [
                item["OutputValue"] for item in outputs if item["OutputKey"] == CONNECTION_OUTPUT
            ]
            if not made:
                return [self._fail(what, "none yet", self._repeat)]
            [arn] = made
        client = self._client("codeconnections")
        try:
            found = client.get_connection(ConnectionArn=arn)["Connection"]
        except client.exceptions.ResourceNotFoundException:
            return [
                self._fail(what, f"no connection {arn}", "name another one in delivery.connection")
            ]
        state, name = found["ConnectionStatus"], found["ConnectionName"]
        if state != "AVAILABLE":
            fix = (
                "complete it once in the console: Developer Tools, Settings, Connections, "
                "Update pending connection"
            )
            return [self._fail(what, f"{name} is {state}", fix)]
        return [self._ok(what, f"{name} is {state}")]

    def _analyzer(self) -> list[Check]:
        """A region of an account takes one analyser of its external access (IAM quotas, 2026-10)."""
        what, own = "access analyser", self._stage_0.analyzer
        pages = self._client("accessanalyzer").get_paginator("list_analyzers").paginate()
        listed = [item for page in pages for item in page["analyzers"]]
        there = {item["name"]: True for item in listed if item["type"] == "ACCOUNT"}
        if own is not None:
            return [self._once(what, "analyzer", "create", {own.name: False, **there})]
        wider = {item["name"]: True for item in listed if item["type"] == "ORGANIZATION"}
        found = there | wider or {"one of external access": False}
        return [self._once(what, "analyzer", "existing", found)]

    def _bootstrap(self) -> list[Check]:
        what = "bootstrap"
        if self._stage_0.bootstrap is None:
            return []
        parameter = f"/cdk-bootstrap/{self._stage_0.qualifier}/version"
        client = self._client("ssm")
        try:
            version = client.get_parameter(Name=parameter)["Parameter"]["Value"]
        except client.exceptions.ParameterNotFound:
            return [self._fail(what, f"no parameter {parameter}", self._repeat)]
        if int(version) < REQUIRED_VERSION:
            return [self._fail(what, f"version {version}, below {REQUIRED_VERSION}", self._repeat)]
        return [self._ok(what, f"version {version}")]

    def _oidc_provider(self) -> list[Check]:
        origin, provider = self._stage_0.oidc_provider, self._stage_0.identity_provider
        if origin is None or provider is None:
            return []
        arn = self._place.iam_arn(f"oidc-provider/{provider.issuer}")
        listed = self._client("iam").list_open_id_connect_providers()
        there = arn in [item["Arn"] for item in listed["OpenIDConnectProviderList"]]
        return [self._once("identity provider", "oidc_provider", origin, {provider.issuer: there})]

    def _log_groups(self) -> list[Check]:
        made = [group.name for group in self._stage_0.log_groups]
        client = self._client("logs")
        listed = client.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix="/aws/sagemaker/"
        )
        there = {group["logGroupName"] for page in listed for group in page["logGroups"]}
        names = made or self._stage_0.existing_log_groups
        origin = "create" if made else "existing"
        found = {item: item in there for item in names}
        return [self._once("job logs", "log_groups", origin, found)]

    def _once(self, what: str, option: str, origin: str, there: Mapping[str, bool]) -> Check:
        """Compare what an account has once with who should have made it."""
        option = f"governance.once_per_account.{option}"
        deployed = self._stack(self._stage_0.stack_name) is not None
        missing = ", ".join(item for item, exists in there.items() if not exists)
        present = ", ".join(item for item, exists in there.items() if exists)
        if origin == "existing" and missing:
            return self._fail(what, f"missing: {missing}", f"make it, or set {option} to create")
        if origin == "create" and deployed and missing:
            return self._fail(what, f"missing: {missing}", self._repeat)
        if origin == "create" and not deployed and present:
            return self._fail(
                what, f"exists before stage 0: {present}", f"set {option} to existing"
            )
        return self._ok(what, present or "none yet")

    def _quotas(self) -> list[Check]:
        needs = quota_needs(self._plan, self._place.account)
        if not needs:
            return []
        client = self._client("service-quotas")
        pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
        values = {item["QuotaName"]: item["Value"] for page in pages for item in page["Quotas"]}
        return [self._quota(need, values.get(need.quota)) for need in needs]

    def _quota(self, need: QuotaNeed, value: float | None) -> Check:
        what = f"quota {need.quota}"
        if value is None:
            return self._fail(
                what, "not offered in this region", "choose another instance type or region"
            )
        detail = f"{value:g}, needed {need.instances}"
        if value < need.instances:
            return self._fail(what, detail, f"ask Service Quotas for {need.comfortable}")
        if value < need.comfortable:
            return self._check(
                what,
                "warn",
                f"{detail}, and {need.comfortable} while a release runs both fleets",
                f"ask Service Quotas for {need.comfortable}",
            )
        return self._ok(what, detail)

    def _model_monitor(self) -> list[Check]:
        """No API tells whether an account may make schedules before it has made one."""
        wanted = [
            item.model_monitor.endpoint_name
            for item in self._plan.stacks()
            if isinstance(item, ServingStackPlan)
            and item.model_monitor is not None
            and item.stack.place == self._place
        ]
        if not wanted:
            return []
        return [
            self._check(
                "Model Monitor",
                "warn",
                f"{CLOSED}; the plan uses it for {', '.join(wanted)}",
                "make sure that this account has it, or set monitoring.provider to evidently",
            )
        ]

    def _stacks(self) -> list[Check]:
        if self._plan.engine != "cdk":
            return []  # only Pulumi's own state says how its stacks are
        found = []
        states = {}
        for item in self._plan.stacks():
            if item.stack.place == self._place:
                stack = self._stack(item.stack.name)
                states[item.stack.name] = None if stack is None else str(stack["StackStatus"])
        for stack_name, state in states.items():
            if state is not None and _is_bad(state):
                found.append(
                    self._fail(
                        f"stack {stack_name}", state, "see its events, then roll back or deploy"
                    )
                )
        deployed = sum(state is not None for state in states.values())
        return found or [self._ok("stacks", f"{deployed} of {len(states)} deployed")]


def _is_bad(state: str) -> bool:
    return state.endswith(BAD_STATES) and state != "UPDATE_ROLLBACK_COMPLETE"


def _difference(found: Any, wanted: Mapping[str, Any]) -> str:
    """Say which resources of stage 0 differ from the plan, by their ids in the template."""
    if not isinstance(found, Mapping):
        return "its template is none of groundplan's"
    there = found["Resources"]
    planned = wanted["Resources"]
    missing = sorted(planned.keys() - there.keys())
    surplus = sorted(there.keys() - planned.keys())
    changed = sorted(key for key in planned.keys() & there.keys() if planned[key] != there[key])
    kinds = (("missing", missing), ("changed", changed), ("no longer planned", surplus))
    parts = [f"{kind}: {', '.join(ids)}" for kind, ids in kinds if ids]
    return "; ".join(parts) or "only its outputs differ from the plan"
