"""CloudFormation's API in front of the engine."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores

from groundplan.stacks.rehearsal.emulator.cloudformation.engine import (
    descriptions,
    operations,
    rollback,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ValidationError
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.region import Region

Operation = Callable[[Region, Mapping[str, Any]], dict[str, Any]]

_COMMON = frozenset({"DeploymentConfig", "StackName", "ClientRequestToken", "NextToken", "RoleARN"})
_TEMPLATE = _COMMON | {
    "Capabilities",
    "DeploymentConfig",
    "Parameters",
    "Tags",
    "TemplateBody",
    "TemplateURL",
}
_UPDATE = _TEMPLATE | {"UsePreviousTemplate", "StackPolicyBody", "StackPolicyDuringUpdateBody"}
_CHANGE_SET = _UPDATE | {
    "ChangeSetName",
    "ChangeSetType",
    "ClientToken",
    "Description",
    "ImportExistingResources",
    "IncludeNestedStacks",
}
_NAMED = _COMMON | {"ChangeSetName", "IncludePropertyValues", "TemplateStage"}

OPERATIONS: Mapping[str, tuple[Operation, frozenset[str]]] = {
    "CreateStack": (
        operations.create,
        _TEMPLATE | {"StackPolicyBody", "EnableTerminationProtection"},
    ),
    "UpdateStack": (operations.update, _UPDATE),
    "ContinueUpdateRollback": (rollback.continue_update_rollback, _COMMON),
    "DeleteStack": (operations.delete, _COMMON | {"RetainResources"}),
    "CreateChangeSet": (operations.create_change_set, _CHANGE_SET),
    "ExecuteChangeSet": (operations.execute_change_set, _NAMED),
    "DeleteChangeSet": (operations.delete_change_set, _NAMED),
    "SetStackPolicy": (operations.set_stack_policy, _COMMON | {"StackPolicyBody"}),
    "UpdateTerminationProtection": (
        operations.update_termination_protection,
        _COMMON | {"EnableTerminationProtection"},
    ),
    "DescribeStacks": (descriptions.stacks, _COMMON),
    "ListStacks": (descriptions.summaries, _COMMON | {"StackStatusFilter"}),
    "DescribeStackEvents": (descriptions.events, _COMMON),
    "DescribeStackResources": (descriptions.resources, _COMMON | {"LogicalResourceId"}),
    "DescribeStackResource": (descriptions.resource, _COMMON | {"LogicalResourceId"}),
    "ListStackResources": (descriptions.resource_summaries, _COMMON),
    "GetTemplate": (descriptions.template, _NAMED),
    "GetTemplateSummary": (
        descriptions.template_summary,
        _COMMON | {"TemplateBody", "TemplateURL", "TemplateSummaryConfig"},
    ),
    "ListExports": (descriptions.exports, _COMMON),
    "ListImports": (descriptions.imports, _COMMON | {"ExportName"}),
    "GetStackPolicy": (descriptions.stack_policy, _COMMON),
    "DescribeChangeSet": (descriptions.change_set, _NAMED),
    "ListChangeSets": (descriptions.change_sets, _NAMED),
}
"""API operation -> what does it, and the members of a request that it honours."""


class CloudFormationApi(BaseResponse):
    """Answers requests to CloudFormation in place of moto's own class."""

    region_for: ClassVar[Callable[[str, str], Region]]
    """Account and region -> what CloudFormation holds there."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True


def _method(name: str) -> Callable[[CloudFormationApi], ActionResult]:
    operation, honoured = OPERATIONS[name]

    def method(self: CloudFormationApi) -> ActionResult:
        request = {key: value for key, value in self._get_params().items() if value is not None}
        ignored = sorted(key for key in request.keys() - honoured if request[key])
        if request.get("DeploymentConfig", {}).get("DisableRollback"):
            ignored.append("DeploymentConfig.DisableRollback")
        if ignored:
            raise ValidationError(f"{name}: not emulated: {', '.join(ignored)}")
        region = type(self).region_for(self.current_account, self.region)
        return ActionResult(operation(region, request))

    return method


for _name in OPERATIONS:
    setattr(CloudFormationApi, camelcase_to_underscores(_name), _method(_name))
