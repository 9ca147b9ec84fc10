"""Which roles may become which, and what each may change, by the design of a project.

Derived from the plan's definitions and from nothing that a policy says: CI assumes the roles of the
bootstrap; those hand stacks to CloudFormation's roles; they make the project's roles, within their
boundary; a pipeline runs jobs with the roles that its definition names.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.role import bootstrap_qualifier, iam_path, stage_0_path
from groundplan.blueprints.plan.stacks import ServingStackPlan, StackPlan
from groundplan.blueprints.plan.stage_0_plan import Stage0Plan
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.needs.deployment import execution_role
from groundplan.blueprints.prove.needs.deployment_cli import PURPOSES
from groundplan.blueprints.prove.parts import units

PROJECT = "the project's own"
"""Roles, policies and stores of an account that deployments make, whether in the plan or not."""
STAGE_0 = "stage 0"
"""What an administrator makes, and deployments may not touch."""
OUTSIDE = "somebody else's"
"""Everything else."""
UNAVOIDABLE: Mapping[str, str] = {
    "open-bus": "IAM knows no resource for events:PutPermission",
    "claim-key-by-tag": "KMS has no condition that ties tags to creation; only keys without an alias, "
    "which are nobody's by name, can be claimed",
}
"""Methods that CloudFormation's role has beyond the project, and why no condition can close them."""
_ROLE = re.compile(r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+")


class Design:
    """A project, as who attacks it sees it."""

    def __init__(self, case: Case) -> None:
        """Read the plan's definitions."""
        self.case = case
        self.project = case.plan.project
        self.qualifier = bootstrap_qualifier(self.project)
        self._own = re.compile(
            rf"(?:[:/]{re.escape(self.project)}[-/]|"
            rf":::{re.escape(self.project)}-)"
        )
        self._stage_0 = {
            item.arn for item in case.world.resources if item.scope == STAGE_0.replace(" ", "-")
        }
        self.roles: dict[str, str] = {}
        """Role that acts through a resource, by the resource's ARN."""
        self.allowed: defaultdict[str, set[str]] = defaultdict(set)
        """Roles that each role may become, and whether it may change :data:`PROJECT`."""
        for stack, part in self._parts():
            self._read(stack, part)
        self._deployments()

    def place_of(self, arn: str, account: str) -> str:
        """Return the role that a target is or acts with, or whose it is.

        Args:
            arn: What a method was used on.
            account: Account of the role that used it.
        """
        if arn in self.case.role_by_arn and arn.partition(":role/")[1]:
            return arn
        if ":role/" in arn or ":policy/" in arn:
            return self._of_iam(arn)
        if arn in self.roles:
            return self.roles[arn]
        if ":stack/" in arn and (name := arn.partition(":stack/")[2].split("/")[0]):
            if name.startswith(f"{self.project}-"):
                return self.roles.get(
                    f"stack/{name}", self.roles.get(f"execution/{account}", PROJECT)
                )
            if name.startswith("groundplan-"):
                return STAGE_0
        if arn in self._stage_0:
            return STAGE_0
        if any(item.arn == arn for item in self.case.world.resources):
            return PROJECT
        return PROJECT if self._own.search(arn) else OUTSIDE

    def allows(self, role: str, target: str) -> bool:
        """Return whether a role may become a role, or change what is whose."""
        return target == role or target in self.allowed[role]

    def _of_iam(self, arn: str) -> str:
        path = arn.split(":", 5)[5].partition("/")[2]
        if f"/{path}".startswith(iam_path(self.project)):
            return PROJECT
        own = f"/{path}".startswith(stage_0_path(self.project))
        return STAGE_0 if own or path.startswith(f"cdk-{self.qualifier}-") else OUTSIDE

    def _parts(self) -> Iterator[tuple[StackPlan, object]]:
        for stack in self.case.plan.stacks():
            for part in units(stack):
                yield stack.stack, part

    def _read(self, stack: StackPlan, part: object) -> None:
        if isinstance(part, StackPlan):
            self.roles[f"stack/{part.name}"] = execution_role(self.case, part)
        elif isinstance(part, PipelinePlan):
            self.roles[part.arn] = part.role.arn
            named = set(_ROLE.findall(part.definition))
            self.allowed[part.role.arn] |= named | self._updated(part)
        elif isinstance(part, ImageBuildPlan):
            self.roles[part.arn] = part.role.arn
            self.allowed[part.trigger_role.arn].add(part.role.arn)
        elif isinstance(part, EndpointPlan):
            self.allowed[execution_role(self.case, stack)].add(part.execution_role_arn)
        elif isinstance(part, MonitoringSchedulePlan):
            self.allowed[execution_role(self.case, stack)].add(part.role_arn)

    def _updated(self, pipeline: PipelinePlan) -> set[str]:
        """Return CloudFormation's roles of the serving stacks that a pipeline updates."""
        return {
            execution_role(self.case, item.stack)
            for item in self.case.plan.stacks()
            if isinstance(item, ServingStackPlan)
            and "cloudformation:updateStack" in pipeline.definition
            and item.stack.name in pipeline.definition
        }

    def _deployments(self) -> None:
        for stage_0 in self.case.plan.stage_0:
            self._pipelines(stage_0)
            place = stage_0.place
            at = f"{place.account}-{place.region}"
            if stage_0.deployment_role is not None:
                self._direct(stage_0, stage_0.deployment_role.arn)
                continue
            assumed = {
                item: place.iam_arn(f"role/cdk-{self.qualifier}-{item}-role-{at}")
                for item in PURPOSES
            }
            execution = place.iam_arn(f"role/cdk-{self.qualifier}-cfn-exec-role-{at}")
            self.roles[f"execution/{place.account}"] = execution
            for deployer in _deployers(stage_0):
                self.allowed[deployer] |= set(assumed.values())
            self.allowed[assumed["deploy"]] |= {
                execution_role(self.case, item.stack)
                for item in self.case.plan.stacks()
                if item.stack.place == place
            } | {execution}
            self.allowed[execution] |= {PROJECT} | self._made(stage_0)

    def _pipelines(self, stage_0: Stage0Plan) -> None:
        """Read CodePipeline's pipelines: each runs its builds, which work with roles of their own."""
        for pipeline in () if stage_0.pipeline is None else stage_0.pipeline.pipelines:
            self.roles[pipeline.arn] = pipeline.role.arn
            for build in pipeline.builds:
                self.roles[build.arn] = build.role.arn
                self.allowed[pipeline.role.arn].add(build.role.arn)

    def _direct(self, stage_0: Stage0Plan, execution: str) -> None:
        """Read the role that Pulumi deploys with: whoever deploys assumes it."""
        self.roles[f"execution/{stage_0.place.account}"] = execution
        for deployer in _deployers(stage_0):
            self.allowed[deployer].add(execution)
        self.allowed[execution] |= {PROJECT} | self._made(stage_0)

    def _made(self, stage_0: Stage0Plan) -> set[str]:
        """Return the roles of an account that deployments make."""
        return {
            role.arn
            for role in self.case.world.roles
            if role.kind == "workload" and role.account == stage_0.place.account
        }


def _deployers(stage_0: Stage0Plan) -> tuple[str, ...]:
    """Return the roles that CI deploys to an account with."""
    if stage_0.deployer is not None:
        return (stage_0.deployer.arn,)
    return stage_0.pipeline_deployers
