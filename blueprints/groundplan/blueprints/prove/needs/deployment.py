"""What CloudFormation's roles need to deploy the stacks of a plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from groundplan.blueprints.plan.context import SCOPE_TAG
from groundplan.blueprints.plan.deployment_policies import ENDPOINT_TAG
from groundplan.blueprints.plan.deployment_policies.direct import SOURCE_OBJECT
from groundplan.blueprints.plan.deployment_policies.provider_calls import (
    provider_calls,
    provider_types,
)
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.role import iam_path
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.model import ConditionValues
from groundplan.blueprints.prove.needs.deployment_calls import calls, kinds, source
from groundplan.blueprints.prove.needs.deployment_parts import Deployed, On, Where
from groundplan.blueprints.prove.needs.deployment_resources import ahead, deployed
from groundplan.blueprints.prove.needs.need import Need
from groundplan.blueprints.prove.parts import units
from groundplan.blueprints.prove.stand_ins import StandIns

TAGGING = frozenset(
    {
        "application-autoscaling:TagResource",
        "ec2:CreateTags",
        "kms:TagResource",
        "sagemaker:AddTags",
    }
)
"""Calls that tag what has just been made, and what has long been there."""
REGISTERED = "application-autoscaling:RegisterScalableTarget"
"""A call that makes a scalable target, or changes it."""
EC2_CREATIONS = (
    "CreateFlowLogs", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet", "CreateVpc",
    "CreateVpcEndpoint",
)  # fmt: skip
"""Calls of the network that tag what they make."""
TO_COME = "that may be added to"
"""Words of the work of a need that no resource has yet."""
SAGEMAKER_CREATIONS = {
    "endpoint": "CreateEndpoint",
    "endpoint-config": "CreateEndpointConfig",
    "model": "CreateModel",
    "mlflow-app": "CreateMlflowApp",
    "model-package-group": "CreateModelPackageGroup",
}
"""Calls of SageMaker that tag what they make, by the kind of resource."""


def deployments(case: Case) -> tuple[Need, ...]:
    """Return what CloudFormation's roles need, each call of each handler of each resource once."""
    found = _FOUND.get(id(case.plan))
    if found is None or found[0] is not case.plan:
        _FOUND.clear()
        found = _FOUND[id(case.plan)] = (case.plan, tuple(_Deployments(case).needs()))
    return found[1]


def resources(case: Case) -> Iterator[tuple[StackPlan, Deployed]]:
    """Yield every resource of every stack."""
    registries = {
        item.name: item.arn for item in units(case.plan) if isinstance(item, ModelRegistryPlan)
    }
    boundaries = {item.place.account: item.boundary_arn for item in case.plan.stage_0}
    for stage in case.plan.stages:
        values = StandIns(stage.place, stage.id, units(stage))
        boundary = boundaries[stage.place.account]
        for stack in stage.stacks:
            where = Where(case.plan.project, stack.stack, values, registries, boundary)
            for unit in units(stack):
                for item in deployed(unit, where):
                    yield stack.stack, item
        first = stage.stacks[0].stack
        for item in ahead(Where(case.plan.project, first, values, registries, boundary)):
            yield first, item


def execution_role(case: Case, stack: StackPlan) -> str:
    """Return the role that makes what is in a stack."""
    return stack.execution_role_arn or case.plan.deployment_role_arn(stack.place)


class _Deployments:
    """Collects needs, account by account."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.project = case.plan.project
        self.found = list(resources(case))
        self.scopes: dict[str, list[str]] = {}
        self.services: dict[str, set[str]] = {}
        self.endpoints: dict[str, list[str]] = {}
        for stack, item in self.found:
            role = execution_role(case, stack)
            if ENDPOINT_TAG in stack.tags:
                served = self.endpoints.setdefault(role, [])
                if stack.tags[ENDPOINT_TAG] not in served:
                    served.append(stack.tags[ENDPOINT_TAG])
            tags = self.scopes.setdefault(role, [])
            if stack.tags[SCOPE_TAG] not in tags:
                tags.append(stack.tags[SCOPE_TAG])
            self.services.setdefault(role, set()).update(service for _, service in item.passes)

    def _calls(self, kind: str) -> Sequence[str]:
        """Return what is called for a type: by CloudFormation's handlers, or Pulumi's provider."""
        if self.case.plan.engine == "cdk":
            return calls(kind)
        tokens = provider_types((kind,)) if kind.startswith("AWS::") else (kind,)
        return sorted({action for token in tokens for action in provider_calls(token)})

    def needs(self) -> Iterator[Need]:
        for stack, item in self.found:
            role = execution_role(self.case, stack)
            made = Making(
                role, stack, item, self.project, tuple(self.scopes[role]),
                tuple(sorted(self.services[role])), tuple(self.endpoints.get(role, ())),
            )  # fmt: skip
            for action in self._calls(item.type):
                yield from made.needs(action)


@dataclass(frozen=True, slots=True)
class Making:
    """One resource, and the role that makes it."""

    role: str
    stack: StackPlan
    item: Deployed
    project: str
    tags: tuple[str, ...]
    """Values of the stage's tag of all that the role deploys."""
    services: tuple[str, ...]
    """Services that the role passes roles to."""
    endpoints: tuple[str, ...]
    """Values of the endpoint's tag of all that the role deploys."""

    def needs(self, action: str) -> Iterator[Need]:
        """Yield what one call needs, on each resource that it is on."""
        if action == "iam:PassRole":
            yield from self._passing(action)
            return
        if action == "iam:CreateServiceLinkedRole":
            for arn, service in self.item.linked:
                named = {"iam:AWSServiceName": (service,)}
                yield self._need(
                    action, On(arn, arn), {"StringEquals": named}, {"iam:AWSServiceName": service}
                )
            return
        if kinds(action) == ():
            yield self._need(action, On("*", "*"), *self._anywhere(action))
            return
        for kind in self._kinds(action):
            on = self.item.on[kind]
            for guards, context in self._moments(action, kind):
                made = context.pop("groundplan:made", None)
                arn = on.arn.rpartition("/")[0] + "/new" if made and kind == "key" else on.arn
                yield self._need(action, replace(on, arn=arn), guards, context)

    def _need(
        self, action: str, on: On, guards: ConditionValues, context: Mapping[str, str]
    ) -> Need:
        return Need(
            principal=self.role,
            action=action,
            resource=on.widest,
            example=on.arn,
            work=f"{self.item.type} {TO_COME} {self.stack.scope}"
            if self.item.ahead
            else f"{self.item.type} of stack {self.stack.name}",
            source=source(),
            guards=guards,
            context={**self.item.given, **context},
        )

    def _kinds(self, action: str) -> Sequence[str]:
        allowed = kinds(action)
        if allowed is None or action in TAGGING:
            return (self.item.own,)
        return tuple(kind for kind in self.item.on if kind in allowed)

    def _passing(self, action: str) -> Iterator[Need]:
        for arn, service in self.item.passes:
            path = f"{arn.partition(':role/')[0]}:role{iam_path(self.project)}*"
            widest = arn if self._by_endpoint else path
            yield self._need(
                action, On(arn, widest),
                {"StringEquals": {"iam:PassedToService": self.services}},
                {"iam:PassedToService": service},
            )  # fmt: skip

    def _anywhere(self, action: str) -> tuple[ConditionValues, dict[str, str]]:
        """Return guards and condition keys of a call that IAM knows no resources for."""
        if action == "kms:CreateKey":
            return self._requested(), self._request()
        if action.startswith("ec2:"):
            region = self.stack.place.region
            return {"StringEquals": {"ec2:Region": (region,)}}, {"ec2:Region": region}
        return {}, {}

    def _moments(self, action: str, kind: str) -> Iterator[tuple[ConditionValues, dict[str, str]]]:
        """Yield guards and condition keys of a call on a kind: as it is made, and later."""
        name = action.partition(":")[2]
        own = kind == self.item.own
        creates = own and (
            (name.startswith("Create") and kind not in ("key", "role")) or name == "CreateRole"
        )
        if (creates and action != "ec2:CreateTags") or action in TAGGING or action == REGISTERED:
            yield self._guards(action, kind, made=True), {
                **self._request(), **self._by_service(action, kind), "groundplan:made": "yes",
            }  # fmt: skip
        if action in TAGGING or action == REGISTERED:
            # an update names the tags that change, and of those the stage's own is none
            yield self._guards(action, kind, made=False), self._existing()
        elif not creates:
            context = {**self._request(), **self._existing(), **self._by_service(action, kind)}
            yield self._guards(action, kind, made=False), context

    def _by_service(self, action: str, kind: str) -> dict[str, str]:
        if action == "ec2:CreateTags":
            return {"ec2:CreateAction": _creation(kind)}
        if action == "sagemaker:AddTags" and kind in SAGEMAKER_CREATIONS:
            return {"sagemaker:TaggingAction": SAGEMAKER_CREATIONS[kind]}
        if action in ("kms:CreateGrant", "kms:RevokeGrant"):
            return {"kms:GrantIsForAWSResource": "true"}
        return {}

    def _guards(self, action: str, kind: str, *, made: bool) -> ConditionValues:
        """Return the conditions that keep a call to the project's own."""
        service = action.partition(":")[0]
        if kind == "key":
            return self._of_key(action, made=made)
        if kind == "role":
            return self._of_role(action)
        if service == "ec2":
            return self._of_network(action, kind, made=made)
        if kind in ("model", "endpoint-config", "model-package-group"):
            return self._of_models(action, kind, made=made)
        if kind == "ScalableTarget":
            return self._of_scaling(action, made=made)
        return {}

    def _of_key(self, action: str, *, made: bool) -> ConditionValues:
        guards: ConditionValues = {"StringEquals": {f"aws:ResourceTag/{SCOPE_TAG}": self.tags}}
        if self.stack.execution_role_arn is not None or self.item.type == SOURCE_OBJECT:
            alias = f"alias/{self.item.on['key'].arn.rpartition('/')[2]}"
            guards = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": (alias,)}}
        if made:
            guards = _both(self._requested(), {"Null": {"kms:ResourceAliases": ("true",)}})
        if action in ("kms:CreateGrant", "kms:RevokeGrant"):
            guards = _both(guards, {"Bool": {"kms:GrantIsForAWSResource": ("true",)}})
        if action in ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"):
            via = self.item.given["kms:ViaService"]
            guards = _both(guards, {"StringEquals": {"kms:ViaService": (via,)}})
        return guards

    def _of_role(self, action: str) -> ConditionValues:
        bounded = {"iam:PermissionsBoundary": (self.item.given["iam:PermissionsBoundary"],)}
        before = self.item.on["role"].widest.partition(":role/")[0]
        policies = f"{before}:policy{iam_path(self.project)}*"
        own: ConditionValues = {"ArnLike": {"iam:PolicyARN": (policies,)}}
        if action in ("iam:CreateRole", "iam:PutRolePermissionsBoundary"):
            return {"StringEquals": bounded}
        if action == "iam:AttachRolePolicy":
            return {**own, "StringEquals": bounded}
        return own if action == "iam:DetachRolePolicy" else {}

    def _of_network(self, action: str, kind: str, *, made: bool) -> ConditionValues:
        if action == "ec2:CreateTags" and made:
            named = {"StringEquals": {"ec2:CreateAction": EC2_CREATIONS}}
            return _both(self._requested(), named)
        if action == "ec2:CreateVpc":
            return self._requested()
        creates = action.startswith("ec2:Create") and action != "ec2:CreateTags"
        if creates and kind != "vpc":
            return {}  # the network that it is made in carries the tag
        return {} if kind == "security-group-rule" else self._owned()

    def _of_models(self, action: str, kind: str, *, made: bool) -> ConditionValues:
        if made and action == "sagemaker:AddTags":
            named: tuple[str, ...] = (SAGEMAKER_CREATIONS[kind],)
            if self._by_endpoint:
                named = tuple(
                    SAGEMAKER_CREATIONS[item] for item in ("endpoint", "endpoint-config", "model")
                )
            return _both(self._requested(), {"StringEquals": {"sagemaker:TaggingAction": named}})
        return self._requested() if made else self._owned()

    def _of_scaling(self, action: str, *, made: bool) -> ConditionValues:
        guards = self._requested() if made else self._owned()
        if "tag" in action.lower():
            return guards
        keys = (
            "application-autoscaling:service-namespace",
            "application-autoscaling:scalable-dimension",
        )
        return _both(guards, {"StringEquals": {key: (self.item.given[key],) for key in keys}})

    @property
    def _by_endpoint(self) -> bool:
        """Whether an endpoint's tag tells what is its own."""
        return ENDPOINT_TAG in self.stack.tags

    def _tag(self) -> tuple[str, tuple[str, ...]]:
        if self._by_endpoint:
            return ENDPOINT_TAG, self.endpoints
        return SCOPE_TAG, self.tags

    def _owned(self) -> ConditionValues:
        key, values = self._tag()
        return {"StringEquals": {f"aws:ResourceTag/{key}": values}}

    def _requested(self) -> ConditionValues:
        key, values = self._tag()
        return {"StringEquals": {f"aws:RequestTag/{key}": values}}

    def _request(self) -> dict[str, str]:
        return {f"aws:RequestTag/{key}": value for key, value in self.stack.tags.items()}

    def _existing(self) -> dict[str, str]:
        return {f"aws:ResourceTag/{key}": value for key, value in self.stack.tags.items()}


def _both(one: ConditionValues, other: ConditionValues) -> ConditionValues:
    joined = {operator: dict(keys) for operator, keys in one.items()}
    for operator, keys in other.items():
        joined.setdefault(operator, {}).update(keys)
    return joined


def _creation(kind: str) -> str:
    if kind == "vpc-flow-log":
        return "CreateFlowLogs"
    return "Create" + "".join(word.capitalize() for word in kind.split("-"))


_FOUND: dict[int, tuple[object, tuple[Need, ...]]] = {}
"""By identity of the plan, the latest only: plans have no hash. Holding the plan keeps its id."""
