"""What the role needs that Pulumi deploys an account with: all stages, endpoints included.

Its rows are those of CloudFormation, resources and conditions alike, with the provider's calls in place
of the handlers'.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from groundplan.blueprints.plan.context import TOOLING
from groundplan.blueprints.plan.deployment_policies.provider_calls import (
    provider_calls,
    provider_types,
)
from groundplan.blueprints.plan.deployment_policies.scope import DeploymentScope, HandlerDuty
from groundplan.blueprints.plan.deployment_policies.serving import serving_duties
from groundplan.blueprints.plan.deployment_policies.table import deployment_duties
from groundplan.blueprints.plan.duties import ENCRYPT
from groundplan.blueprints.plan.encryption_key import key_duty, via
from groundplan.blueprints.plan.exceptions import NO_NARROWER, OBJECTS
from groundplan.blueprints.plan.image_build import SOURCES
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.plan.policy import Condition
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import Duty

SOURCE_OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
STATE_MACHINE = "aws:sfn/stateMachine:StateMachine"
MORE: Mapping[str, str] = {
    "ManageMonitoring": "sagemaker: DeleteTags ListTags",
    "ManagePipelines": "states: ListStateMachineVersions",
    "ManagePolicies": "iam: ListPolicyTags TagPolicy UntagPolicy",
    "ManageRoles": "iam: ListInstanceProfilesForRole",
    "ReadBuckets": "s3: GetBucketRequestPayment",
    "ReadNetworks": "ec2: DescribeNetworkInterfaces DescribePrefixLists",
}
"""What the provider calls and no handler does, by the row whose resources it is about."""
COVERED: Mapping[str, str] = {"DescribeKey": "ManageKeys", "EncryptVolumes": "GrantKeyToTables"}
"""What the role of one endpoint needs of its stage's key, by the row that gives it for the whole stage."""


def direct_duties(
    scope: DeploymentScope, endpoints: Sequence[tuple[str, str]]
) -> tuple[HandlerDuty, ...]:
    """Return what deploying the stages of an account without CloudFormation needs.

    Args:
        scope: The stages.
        endpoints: Environment and model of each endpoint in the account.
    """
    served = {
        row.duty.id: row
        for row in _merged(
            row for endpoint in endpoints for row in serving_duties(scope, *endpoint)
        )
    }
    shared = list(deployment_duties(scope))
    for id, by in COVERED.items():
        if id in served:
            types = served.pop(id).types
            shared = [
                replace(row, types=(*row.types, *types)) if row.duty.id == by else row
                for row in shared
            ]
    taken = {row.duty.id for row in shared}
    rows = [
        *shared,
        *(_renamed(row, f"{id}OfEndpoints") if id in taken else row for id, row in served.items()),
    ]
    found = [found for row in rows if (found := _of_provider(row)) is not None]
    return (*found, *_definitions(scope), *_sources(scope))


def _of_provider(row: HandlerDuty) -> HandlerDuty | None:
    """Return a row of CloudFormation's with what the provider calls, if it calls anything of it."""
    types = provider_types(row.types)
    called = {action for token in types for action in provider_calls(token)}
    service, _, more = MORE.get(row.duty.id, ": ").partition(": ")
    actions = (
        *(action for action in row.duty.actions if action in called),
        *(f"{service}:{action}" for action in more.split()),
    )
    if not actions:
        return None
    own = tuple(token for token in types if provider_calls(token) & set(actions))
    return HandlerDuty(types=own, duty=replace(row.duty, actions=actions))


def _renamed(row: HandlerDuty, id: str) -> HandlerDuty:
    return replace(row, duty=replace(row.duty, id=id))


def _merged(rows: Iterable[HandlerDuty]) -> tuple[HandlerDuty, ...]:
    """Return rows of several endpoints as one each, for the resources of all of them."""
    found: dict[str, HandlerDuty] = {}
    for row in rows:
        known = found.get(row.duty.id)
        if known is None:
            found[row.duty.id] = row
            continue
        resources = tuple(dict.fromkeys((*known.duty.resources, *row.duty.resources)))
        found[row.duty.id] = HandlerDuty(
            types=tuple(dict.fromkeys((*known.types, *row.types))),
            duty=replace(
                known.duty,
                resources=resources,
                condition=_either(known.duty.condition, row.duty.condition),
            ),
        )
    return tuple(found.values())


def _either(one: Condition, other: Condition) -> Condition:
    """Return two conditions on the same keys as one that admits the values of both."""
    return {
        operator: {key: _values(value, other[operator][key]) for key, value in keys.items()}
        for operator, keys in one.items()
    }


def _values(one: Json, other: Json) -> Json:
    listed = [item if isinstance(item, list) else [item] for item in (one, other)]
    joined = list(dict.fromkeys(value for values in listed for value in values))
    return joined[0] if len(joined) == 1 else joined


def _definitions(scope: DeploymentScope) -> tuple[HandlerDuty, ...]:
    if not scope.environments:
        return ()
    return (
        HandlerDuty(
            types=(STATE_MACHINE,),
            duty=Duty(
                id="CheckDefinitions",
                actions=("states:ValidateStateMachineDefinition",),
                resources=("*",),
                reason="a preview has Step Functions check each definition",
                wildcard=NO_NARROWER,
            ),
        ),
    )


def _sources(scope: DeploymentScope) -> tuple[HandlerDuty, ...]:
    """What uploading the sources of images needs; nothing deletes one."""
    if not scope.has_tooling:
        return ()
    place, project = scope.place, scope.project
    bucket = name("bucket", project, TOOLING, "artifacts", place.account)
    alias = place.arn("kms", f"alias/{name('key-alias', project, TOOLING)}")
    duties = (
        Duty(
            id="UploadSources",
            actions=tuple(
                f"s3:{item}"
                for item in (
                    "AbortMultipartUpload", "GetObject", "GetObjectTagging", "PutObject",
                    "PutObjectTagging",
                )
            ),
            resources=(place.bucket_arn(bucket, f"{SOURCES}*"),),
            reason="the source of an image is uploaded, which starts its build",
            wildcard=OBJECTS,
        ),
        key_duty(
            "EncryptSources", alias, ENCRYPT, reason="the artifact bucket is encrypted",
            condition=via("s3", place.region),
        ),
    )  # fmt: skip
    return tuple(HandlerDuty(types=(SOURCE_OBJECT,), duty=duty) for duty in duties)
