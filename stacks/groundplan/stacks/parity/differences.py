"""What differs between the engines by nature: one table, with the reason for each."""

import re
from collections.abc import Iterable, Mapping

from groundplan.stacks.parity.comparison import MISSING, Change
from groundplan.stacks.parity.difference import ANY, Case, Difference
from groundplan.stacks.parity.patterns import (
    ASSETS,
    BUILD,
    DEPLOYMENT,
    PRINCIPALS,
    RELEASE,
    RELEASE_STATES,
    ROOT,
    SOURCES,
    STATUSES,
    TRAFFIC,
    build_rule,
)


def explain(
    changes: Iterable[Change],
) -> tuple[Mapping[str, tuple[Change, ...]], tuple[Change, ...]]:
    """Return the changes by the difference that explains them, and those that none explains."""
    explained: dict[str, list[Change]] = {item.id: [] for item in DIFFERENCES}
    left: list[Change] = []
    for change in changes:
        found = next((item for item in DIFFERENCES if item.holds(change)), None)
        (explained[found.id] if found else left).append(change)
    return {id: tuple(found) for id, found in explained.items()}, tuple(left)


DIFFERENCES = (
    Difference(
        id="stacks",
        what="CDK has CloudFormation stacks with termination protection and, for endpoints in "
        "production, a stack policy. Pulumi protects the resources themselves.",
        why="A Pulumi stack has no protection of its own. What CDK retains, Pulumi protects and "
        "retains, so that neither `destroy` nor leaving the program deletes it.",
        cases=(
            Case(kind="stack", path="", pulumi=MISSING),
            Case(
                kind="bucket|key|log group|model package group|repository|endpoint",
                path="kept/protected",
                cdk=False,
                pulumi=True,
            ),
        ),
    ),
    Difference(
        id="parameters",
        what="CDK's serving stack takes model, shadow and rollout as parameters. With Pulumi the "
        "configuration names the model that an endpoint is made with, and releases do the rest.",
        why="A Pulumi program has no parameters that stay between two deployments: an unrelated "
        "`pulumi up` would undo a release.",
        cases=(
            Case(
                kind="parameter",
                path="",
                identity=r".*-serving-.*/(ModelVersion|ShadowModelVersion|Rollout)",
                pulumi=MISSING,
            ),
        ),
    ),
    Difference(
        id="release-machine",
        what="The release machine updates a stack with CDK. With Pulumi it makes model and config "
        "itself, turns the alarms to them, calls UpdateEndpoint and watches it.",
        why="Pulumi's provider would delete the config in use when a guardrail rolls back, and has no "
        "way to keep scaled-out capacity. States of approval, lock, tests, bake and record are equal.",
        cases=(
            Case(kind="state machine", path=RELEASE_STATES, identity=".*-release"),
            Case(kind="state machine", path="definition/TimeoutSeconds", identity=".*-release"),
        ),
    ),
    Difference(
        id="release-role",
        what="The role of releases may update a stack with CDK, and model, config, alarms and "
        "endpoint with Pulumi; key and registry admit it instead of a deployment's role.",
        why="It follows from the release machine. Both variants are derived from its steps.",
        cases=(
            Case(
                kind="role",
                path=r"allows/(CollectGarbage/Condition/.*|CreateEndpointConfigs|CreateModels|DescribeKeys|"
                r"EncryptVolumes|EndShadowAlarms|PassModelRoles|RepairStacks|SeeStacks|"
                r"TagNewEndpointConfigs|TagNewModels|"
                r"TurnAlarms|UpdateEndpoints|UpdateStacks|UseOwnConfigs|UseVersions)",
                identity=".*-release",
            ),
            Case(kind="role", path="policies", identity=".*-release"),
            Case(
                kind="model package group",
                path=r"policy/Statement/Serve\d?/Condition/ArnEquals/aws:PrincipalArn",
                only=f"{DEPLOYMENT}|{RELEASE}",
            ),
            Case(
                kind="model package group",
                path=r"policy/Statement/Serve/Action",
                only="sagemaker:DescribeModelPackage",
            ),
            Case(
                kind="model package group",
                path=r"policy/Statement/Serve\d",
                cdk=MISSING,
                only=rf"{re.escape(MISSING)}|Allow|{ROOT}|{DEPLOYMENT}|{RELEASE}|"
                r"sagemaker:(CreateModel|DescribeModelPackage)|arn:[\w-]+:sagemaker:.*:model-package/.*",
            ),
        ),
    ),
    Difference(
        id="deployment-role",
        what="Keys admit CloudFormation's role with CDK, and the deployment role of stage 0 with "
        "Pulumi.",
        why="With Pulumi nothing stands between who deploys and AWS: a provider assumes the role.",
        cases=(
            Case(
                kind="key",
                path=r"policy/Statement/Deploy(Tables)?/Condition/ArnEquals/aws:PrincipalArn",
                only=DEPLOYMENT,
            ),
            Case(
                kind="key",
                path=f"policy/Statement/EncryptVolumes/{PRINCIPALS}",
                only=f"{DEPLOYMENT}|{RELEASE}",
            ),
            Case(
                kind="key",
                path="policy/Statement/EncryptVolumes",
                pulumi=MISSING,
                only=rf"{re.escape(MISSING)}|Allow|{ROOT}|{DEPLOYMENT}|kms:CreateGrant|\*|true|o-\w+",
            ),
        ),
    ),
    Difference(
        id="image-sources",
        what="The source of an image is an asset in CDK's bucket, and the completion of the stack "
        "starts the build. With Pulumi it is an object in the artifact bucket, whose arrival does.",
        why="Without the CDK bootstrap there is no bucket for assets and no stack that completes. The "
        "tag of an image is a hash of its source, and each engine hashes in its own way.",
        cases=(
            Case(
                kind="object",
                path="",
                identity=r"[\w-]+-tooling-artifacts-\d+/sources/.*\.zip",
                cdk=MISSING,
            ),
            Case(
                kind="image build",
                path="source/location",
                only=rf"{ASSETS}/[0-9a-f]{{64}}\.zip|{SOURCES}/[0-9a-f]{{32}}\.zip",
            ),
            Case(kind="image build", path="variables/IMAGE_TAG", only="[0-9a-f]{32}"),
            build_rule("source", ["aws.cloudformation"], ["aws.s3"]),
            build_rule("detail-type", ["CloudFormation Stack Status Change"], ["Object Created"]),
            build_rule(
                "detail/stack-id", ANY, MISSING, r"arn:[\w-]+:.*:stack/[\w-]+-tooling-images/"
            ),
            build_rule("detail/status-details", STATUSES, MISSING),
            build_rule("detail/bucket", MISSING, ANY, r"[\w-]+-tooling-artifacts-\d{12}"),
            build_rule("detail/object", MISSING, ANY, r"sources/[\w-]+/"),
            Case(
                kind="event rule",
                path="description",
                identity=r"default/[\w-]+-build-.*",
                only="Builds .* when its (stack|source) is complete",
            ),
            Case(
                kind="role",
                path="allows/ReadSource/Resource",
                identity=".*-tooling-.*-build",
                only=rf"arn:[\w-]+:s3:::({ASSETS}/\*\.zip|{SOURCES}/\*)",
            ),
            Case(
                kind="role",
                path="allows/DecryptSource/Condition/ForAnyValue:StringEquals/kms:ResourceAliases",
                identity=".*-tooling-.*-build",
                only=r"alias/cdk-\w+-assets-key|alias/[\w-]+-tooling",
            ),
            Case(
                kind="key",
                path=f"policy/Statement/ReadObjects/{PRINCIPALS}",
                identity="alias/.*-tooling",
                only=f"{BUILD}|{ROOT}",
            ),
            Case(
                kind="key",
                path=f"policy/Statement/WriteObjects/{PRINCIPALS}",
                identity="alias/.*-tooling",
                only=f"{DEPLOYMENT}|{ROOT}",
            ),
        ),
    ),
    Difference(
        id="rollout",
        what="CDK's endpoint carries the planned rollout and keeps scaled-out capacity. Pulumi's is made "
        "all at once, and the program ignores its config and deployment settings from then on.",
        why="The release machine passes them with each UpdateEndpoint; rollback alarms are equal.",
        cases=(
            Case(
                kind="endpoint",
                path=f"{TRAFFIC}/type",
                cdk="CANARY",
                pulumi="ALL_AT_ONCE",
            ),
            Case(kind="endpoint", path=f"{TRAFFIC}/type", cdk="LINEAR", pulumi="ALL_AT_ONCE"),
            Case(kind="endpoint", path=f"{TRAFFIC}/waitintervalinseconds", pulumi=0),
            Case(kind="endpoint", path=f"{TRAFFIC}/(canarysize|linearstepsize)", pulumi=MISSING),
            Case(
                kind="endpoint",
                path="deployment/bluegreenupdatepolicy/terminationwaitinseconds",
                pulumi=MISSING,
            ),
            Case(kind="endpoint", path="capacity kept by updates", cdk=True, pulumi=None),
            Case(
                kind="endpoint",
                path="but",
                cdk=[{"variantpropertytype": "DataCaptureConfig"}],
                pulumi=None,
            ),
            Case(
                kind="endpoint",
                path="changed behind the engine",
                pulumi=["deploymentConfig", "endpointConfigName"],
            ),
        ),
    ),
    Difference(
        id="alarm-dimensions",
        what="Pulumi's program ignores what the rollback alarms of an endpoint watch.",
        why="The release machine turns them to the new config, which the program does not know.",
        cases=(Case(kind="alarm", path="changed behind the engine", pulumi=["dimensions"]),),
    ),
    Difference(
        id="shadow",
        what="A shadow model, its variant and its alarms are of the serving stack with CDK, and made by "
        "the release machine with Pulumi.",
        why="They exist for the time of a release only, which Pulumi's program has no part in.",
        cases=(
            Case(kind="model", path="", identity=".*/EndpointShadowModel", pulumi=MISSING),
            Case(kind="alarm", path="", identity=".*-shadow-.*", pulumi=MISSING),
            Case(kind="endpoint config", path="shadows/shadow", pulumi=MISSING),
        ),
    ),
    Difference(
        id="kept-models",
        what="A model and a config stay when they are replaced. With Pulumi they also stay when they are "
        "deleted.",
        why="Pulumi has one option for both. What a release made stays with either engine.",
        cases=(
            Case(kind="model|endpoint config", path="kept/when deleted", cdk=False, pulumi=True),
        ),
    ),
    Difference(
        id="egress",
        what="The security group of VPC endpoints has a rule to 127.0.0.1 with CDK, and none with "
        "Pulumi. Neither lets anything out.",
        why="EC2 adds a rule that lets everything out to a group without one; Pulumi's provider removes "
        "it, CloudFormation does not.",
        cases=(
            Case(
                kind="security group",
                path=r"out/Nothing 127\.0\.0\.1/32",
                cdk={"protocol": "-1"},
                pulumi=MISSING,
            ),
        ),
    ),
    Difference(
        id="zones",
        what="Pulumi's program ignores a change of a subnet's zone.",
        why="It asks EC2 for the zones each time it runs, and a new one must not move a subnet. "
        "CloudFormation asks only when the template changes.",
        cases=(Case(kind="subnet", path="changed behind the engine", pulumi=["availabilityZone"]),),
    ),
    Difference(
        id="scheduled-minimum",
        what="Pulumi's program ignores the fewest instances of an endpoint that scales by schedule.",
        why="Scheduled actions change it; CloudFormation compares templates, Pulumi what AWS has.",
        cases=(
            Case(kind="scaling target", path="changed behind the engine", pulumi=["minCapacity"]),
        ),
    ),
    Difference(
        id="compute-environment",
        what="CDK says that updates do not replace a compute environment.",
        why="Only CloudFormation has a choice.",
        cases=(
            Case(kind="compute environment", path="replaced by updates", cdk=False, pulumi=None),
        ),
    ),
    Difference(
        id="policy-tags",
        what="Managed policies have tags with Pulumi only.",
        why="CloudFormation's type has no tags.",
        cases=(Case(kind="role", path="tags of policies", cdk=[]),),
    ),
)
"""The whole of it: a test fails on every other difference, and on an entry that nothing needs."""
