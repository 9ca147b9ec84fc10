"""Each difference that is planted in what is deployed is reported, and nothing else is."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

REGION, TOOLING, STAGING, PROD = "eu-west-1", "111111111111", "222222222222", "333333333333"
BUCKET = f"churn-prod-work-{PROD}"
ROLE = "churn-prod-churn-training"
ROLE_POLICY = f"arn:aws:iam::{PROD}:policy/groundplan/churn/{ROLE}-1"
BOUNDARY = f"arn:aws:iam::{PROD}:policy/groundplan-stage-0/churn/churn-boundary"
MACHINE = f"arn:aws:states:{REGION}:{PROD}:stateMachine:churn-prod-churn-training"
TOPIC = f"arn:aws:sns:{REGION}:{PROD}:churn-prod-alerts"
ALARM = "churn-prod-churn-training-failed"
ANYONE = {"Sid": "Anyone", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
Plant = Callable[[Callable[[str], Any]], Iterator[None]]
PLANTS: list[Any] = []


def plant(stack: str, *expected: str) -> Callable[[Plant], Plant]:
    """Register what plants a difference, and repairs it after its ``yield``."""

    def register(function: Plant) -> Plant:
        PLANTS.append(pytest.param(stack, expected, function, id=function.__name__))
        return function

    return register


@pytest.mark.parametrize(("stack", "expected", "change"), PLANTS)
def test_fails_when_a_difference_is_planted(
    deployed: Any, stack: str, expected: tuple[str, ...], change: Plant
) -> None:
    plan = deployed.stage_0(PROD) if stack == "stage-0" else deployed.stack(stack)
    place = plan.place if stack == "stage-0" else plan.stack.place
    with contextmanager(change)(deployed.client(place)):
        found = deployed.check(plan).mismatches
    assert deployed.check(plan).mismatches == ()
    assert tuple(sorted(item.split(": planned")[0].split("/", 1)[1] for item in found)) == expected


# Buckets


@plant("churn-prod-state", "Work: versioning")
def bucket_without_versions(at: Callable[[str], Any]) -> Iterator[None]:
    for status in ("Suspended", "Enabled"):
        at("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})
        if status == "Suspended":
            yield


@plant("churn-prod-state", "Work: public_access_block")
def bucket_with_public_acls(at: Callable[[str], Any]) -> Iterator[None]:
    s3 = at("s3")
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    s3.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration={**block, "BlockPublicAcls": False}
    )
    yield
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)


@plant("churn-prod-state", "Work: ownership")
def bucket_with_object_writers(at: Callable[[str], Any]) -> Iterator[None]:
    s3 = at("s3")
    rules = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]
    s3.delete_bucket_ownership_controls(Bucket=BUCKET)
    yield
    s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=rules)


@plant("churn-prod-state", "Work: encryption_key.bucket_key")
def bucket_without_bucket_key(at: Callable[[str], Any]) -> Iterator[None]:
    yield from _encryption(at("s3"), bucket_key=False)


@plant(
    "churn-prod-state",
    "Work: encryption_key",
    "Work: encryption_key.algorithm",
    "Work: encryption_key.bucket_key",
)
def bucket_under_the_service_key(at: Callable[[str], Any]) -> Iterator[None]:
    yield from _encryption(at("s3"), algorithm="AES256")


def _encryption(
    s3: Any, *, bucket_key: bool = False, algorithm: str | None = None
) -> Iterator[None]:
    right = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]
    default = right["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    wrong = default if algorithm is None else {"SSEAlgorithm": algorithm}
    rule = {"ApplyServerSideEncryptionByDefault": wrong, "BucketKeyEnabled": bucket_key}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    yield
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=right)


@plant("churn-prod-state", "Work: lifecycle.others", "Work: noncurrent_days")
def bucket_that_keeps_some_versions(at: Callable[[str], Any]) -> Iterator[None]:
    s3 = at("s3")
    right = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    wrong = [
        {**rule, "Filter": {"Prefix": "logs/"}} if "NoncurrentVersionExpiration" in rule else rule
        for rule in right
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": wrong})
    yield
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": right})


@plant("churn-prod-state", "Work: access_logs_bucket", "Work: access_logs_prefix")
def bucket_without_access_logs(at: Callable[[str], Any]) -> Iterator[None]:
    s3 = at("s3")
    right = s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={})
    yield
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={"LoggingEnabled": right})


@plant("churn-prod-state", "Work: events")
def bucket_without_events(at: Callable[[str], Any]) -> Iterator[None]:
    put = at("s3").put_bucket_notification_configuration
    put(Bucket=BUCKET, NotificationConfiguration={})
    yield
    put(Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}})


@plant("churn-prod-state", "Work: policy.statements")
def bucket_open_to_anyone(at: Callable[[str], Any]) -> Iterator[None]:
    s3 = at("s3")
    right = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=_with(right, ANYONE))
    yield
    s3.put_bucket_policy(Bucket=BUCKET, Policy=right)


def _with(policy: str, statement: Any) -> str:
    document = json.loads(policy)
    return json.dumps({**document, "Statement": [*document["Statement"], statement]})


# Keys, topics, log groups


@plant("churn-prod-state", "Key: rotation")
def key_that_stays(at: Callable[[str], Any]) -> Iterator[None]:
    kms = at("kms")
    key = kms.describe_key(KeyId="alias/churn-prod")["KeyMetadata"]["KeyId"]
    kms.disable_key_rotation(KeyId=key)
    yield
    kms.enable_key_rotation(KeyId=key)


@plant("churn-prod-state", "Key: state")
def key_that_is_disabled(at: Callable[[str], Any]) -> Iterator[None]:
    kms = at("kms")
    key = kms.describe_key(KeyId="alias/churn-prod")["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    yield
    kms.enable_key(KeyId=key)


@plant("churn-prod-state", "Key: policy.Administer")
def key_that_its_account_may_use(at: Callable[[str], Any]) -> Iterator[None]:
    kms = at("kms")
    key = kms.describe_key(KeyId="alias/churn-prod")["KeyMetadata"]["KeyId"]
    right = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    document = json.loads(right)
    document["Statement"][0]["Action"] = "kms:*"
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
    yield
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=right)


@plant("churn-prod-state", "FlowLogLogs: retention_days")
def log_group_that_forgets(at: Callable[[str], Any]) -> Iterator[None]:
    logs, group = at("logs"), "/groundplan/churn/prod/flow-log"
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    yield
    logs.put_retention_policy(logGroupName=group, retentionInDays=365)


@plant("churn-prod-state", "Alerts: emails", "Alerts: policy.statements")
def topic_that_tells_others(at: Callable[[str], Any]) -> Iterator[None]:
    sns = at("sns")
    right = sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["Policy"]
    sns.set_topic_attributes(
        TopicArn=TOPIC, AttributeName="Policy", AttributeValue=_with(right, ANYONE)
    )
    other = sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="x@y.example")
    yield
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=right)
    sns.unsubscribe(SubscriptionArn=other["SubscriptionArn"])


# Roles


@plant("churn-prod-training", "ChurnTraining: training_role.policies.inline")
def role_with_inline_policy(at: Callable[[str], Any]) -> Iterator[None]:
    iam = at("iam")
    iam.put_role_policy(RoleName=ROLE, PolicyName="more", PolicyDocument=_allow("s3:*"))
    yield
    iam.delete_role_policy(RoleName=ROLE, PolicyName="more")


@plant("churn-prod-training", "ChurnTraining: training_role.policies")
def role_with_another_policy(at: Callable[[str], Any]) -> Iterator[None]:
    iam = at("iam")
    made = iam.create_policy(PolicyName="more", PolicyDocument=_allow("s3:*"))["Policy"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=made["Arn"])
    yield
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=made["Arn"])
    iam.delete_policy(PolicyArn=made["Arn"])


@plant("churn-prod-training", "ChurnTraining: training_role.permissions_boundary")
def role_without_boundary(at: Callable[[str], Any]) -> Iterator[None]:
    iam = at("iam")
    iam.delete_role_permissions_boundary(RoleName=ROLE)
    yield
    iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=BOUNDARY)


@plant("churn-prod-training", "ChurnTraining: training_role.trust.Assume")
def role_that_others_assume(at: Callable[[str], Any]) -> Iterator[None]:
    iam = at("iam")
    right = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    wrong = json.loads(json.dumps(right))
    del wrong["Statement"][0]["Condition"]
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(wrong))
    yield
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(right))


@plant("churn-prod-training", "ChurnTraining: training_role.policies.Policy1.document.statements")
def role_whose_policy_has_another_version(at: Callable[[str], Any]) -> Iterator[None]:
    iam = at("iam")
    right = iam.get_policy_version(PolicyArn=ROLE_POLICY, VersionId="v1")["PolicyVersion"]
    more = json.loads(_allow("s3:*"))["Statement"][0]
    text = _with(json.dumps(right["Document"]), more)
    iam.create_policy_version(PolicyArn=ROLE_POLICY, PolicyDocument=text, SetAsDefault=True)
    yield
    iam.set_default_policy_version(PolicyArn=ROLE_POLICY, VersionId="v1")
    iam.delete_policy_version(PolicyArn=ROLE_POLICY, VersionId="v2")


@plant("stage-0", "Stage0: path.roles")
def role_beside_stage_0(at: Callable[[str], Any]) -> Iterator[None]:
    iam = at("iam")
    iam.create_role(
        RoleName="other", Path="/groundplan-stage-0/churn/", AssumeRolePolicyDocument="{}"
    )
    yield
    iam.delete_role(RoleName="other")


@plant("stage-0", "Stage0: trail.logging")
def stopped_trail(at: Callable[[str], Any]) -> Iterator[None]:
    at("cloudtrail").stop_logging(Name="groundplan-stage-0-churn")
    yield
    at("cloudtrail").start_logging(Name="groundplan-stage-0-churn")


@plant("stage-0", "Stage0: trail.selectors")
def trail_without_data(at: Callable[[str], Any]) -> Iterator[None]:
    trail = {"TrailName": "groundplan-stage-0-churn"}
    before = at("cloudtrail").get_event_selectors(**trail)["AdvancedEventSelectors"]
    at("cloudtrail").put_event_selectors(**trail, AdvancedEventSelectors=before[:2])
    yield
    at("cloudtrail").put_event_selectors(**trail, AdvancedEventSelectors=before)


@plant("stage-0", "Stage0: trail.filters.RootUse.pattern")
def filter_of_nothing(at: Callable[[str], Any]) -> Iterator[None]:
    own = {
        "logGroupName": "/groundplan-stage-0/churn/trail",
        "filterName": "groundplan-stage-0-churn-root-use",
    }
    shown = at("logs").describe_metric_filters(filterNamePrefix=own["filterName"])
    [before] = shown["metricFilters"]
    kept = {"metricTransformations": before["metricTransformations"]}
    for pattern in ("{ $.x = 1 }", before["filterPattern"]):
        at("logs").delete_metric_filter(**own)
        at("logs").put_metric_filter(**own, **kept, filterPattern=pattern)
        if pattern != before["filterPattern"]:
            yield


def _allow(action: str) -> str:
    statement = {"Sid": "More", "Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# Network


@plant("churn-prod-network", "Network: isolation.InternetGateways", "Network: isolation.routes_out")
def network_with_a_way_out(at: Callable[[str], Any]) -> Iterator[None]:
    ec2 = at("ec2")
    vpc, table = _vpc(ec2), _table(ec2)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    anywhere = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    ec2.create_route(**anywhere, GatewayId=gateway)
    yield
    ec2.delete_route(**anywhere)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)


@plant("churn-prod-network", "Network: isolation.VpcPeeringConnections")
def network_with_a_peer(at: Callable[[str], Any]) -> Iterator[None]:
    ec2 = at("ec2")
    other = ec2.create_vpc(CidrBlock="10.99.0.0/24")["Vpc"]["VpcId"]
    made = ec2.create_vpc_peering_connection(VpcId=_vpc(ec2), PeerVpcId=other)
    yield
    peering = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.delete_vpc(VpcId=other)


@plant("churn-prod-network", "Network: isolation.open_groups")
def network_open_to_anyone(at: Callable[[str], Any]) -> Iterator[None]:
    ec2 = at("ec2")
    groups = ec2.describe_security_groups(Filters=_scope())["SecurityGroups"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    opened = {
        "GroupId": next(item["GroupId"] for item in groups if item["GroupName"] != "default"),
        "IpPermissions": [{**rule, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    }
    ec2.authorize_security_group_ingress(**opened)
    yield
    ec2.revoke_security_group_ingress(**opened)


@plant("churn-prod-network", "Network: endpoints.KmsEndpoint.policy.statements")
def network_with_an_open_endpoint(at: Callable[[str], Any]) -> Iterator[None]:
    ec2 = at("ec2")
    listed = ec2.describe_vpc_endpoints(Filters=_scope())["VpcEndpoints"]
    found = next(item for item in listed if item["ServiceName"].endswith(".kms"))
    change = ec2.modify_vpc_endpoint
    identity = {"VpcEndpointId": found["VpcEndpointId"]}
    change(**identity, PolicyDocument=_with(found["PolicyDocument"], ANYONE))
    yield
    change(**identity, PolicyDocument=found["PolicyDocument"])


@plant("churn-prod-network", "Network: subnets.Subnet0.public")
def network_with_a_public_subnet(at: Callable[[str], Any]) -> Iterator[None]:
    ec2 = at("ec2")
    subnets = ec2.describe_subnets(Filters=_scope())["Subnets"]
    subnet = min(subnets, key=lambda item: item["CidrBlock"])["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    yield
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})


def _scope() -> list[dict[str, Any]]:
    return [{"Name": "tag:groundplan:scope", "Values": ["churn-prod"]}]


def _vpc(ec2: Any) -> str:
    found: str = ec2.describe_vpcs(Filters=_scope())["Vpcs"][0]["VpcId"]
    return found


def _table(ec2: Any) -> str:
    found: str = ec2.describe_route_tables(Filters=_scope())["RouteTables"][0]["RouteTableId"]
    return found


# Registry and builds


@plant(
    "churn-tooling-registry",
    "RepositoryChurn: immutability",
    "RepositoryChurn: scan_on_push",
    "RepositoryChurn: untagged_days",
)
def repository_whose_tags_move(at: Callable[[str], Any]) -> Iterator[None]:
    ecr = at("ecr")
    name = {"repositoryName": "churn/churn"}
    lifecycle = ecr.get_lifecycle_policy(**name)["lifecyclePolicyText"]
    ecr.delete_lifecycle_policy(**name)
    for tags, scan in (("MUTABLE", False), ("IMMUTABLE", True)):
        ecr.put_image_tag_mutability(**name, imageTagMutability=tags)
        ecr.put_image_scanning_configuration(
            **name, imageScanningConfiguration={"scanOnPush": scan}
        )
        if not scan:
            yield
    ecr.put_lifecycle_policy(**name, lifecyclePolicyText=lifecycle)


@plant("churn-tooling-registry", "RepositoryChurn: policy.statements")
def repository_open_to_anyone(at: Callable[[str], Any]) -> Iterator[None]:
    ecr = at("ecr")
    right = ecr.get_repository_policy(repositoryName="churn/churn")["policyText"]
    ecr.set_repository_policy(repositoryName="churn/churn", policyText=_with(right, ANYONE))
    yield
    ecr.set_repository_policy(repositoryName="churn/churn", policyText=right)


@plant("churn-tooling-registry", "RegistryChurn: policy.statements")
def model_registry_open_to_anyone(at: Callable[[str], Any]) -> Iterator[None]:
    sagemaker = at("sagemaker")
    name = {"ModelPackageGroupName": "churn-churn"}
    right = sagemaker.get_model_package_group_policy(**name)["ResourcePolicy"]
    put = sagemaker.put_model_package_group_policy
    put(**name, ResourcePolicy=_with(right, ANYONE))
    yield
    put(**name, ResourcePolicy=right)


@plant("churn-tooling-images", "BuildChurn: rule_name.state", "BuildChurn: rule_name.targets")
def build_that_nothing_starts(at: Callable[[str], Any]) -> Iterator[None]:
    events, name = at("events"), "churn-build-churn"
    right = events.list_targets_by_rule(Rule=name)["Targets"]
    events.disable_rule(Name=name)
    events.remove_targets(Rule=name, Ids=[right[0]["Id"]])
    yield
    events.put_targets(Rule=name, Targets=right)
    events.enable_rule(Name=name)


# State machine, schedules, alarms


@plant("churn-prod-training", "ChurnPipeline: log_group_arn.level", "ChurnPipeline: tracing")
def machine_that_leaves_no_trace(at: Callable[[str], Any]) -> Iterator[None]:
    states = at("stepfunctions")
    right = states.describe_state_machine(stateMachineArn=MACHINE)
    update = states.update_state_machine
    update(
        stateMachineArn=MACHINE,
        loggingConfiguration={**right["loggingConfiguration"], "level": "ERROR"},
        tracingConfiguration={"enabled": False},
    )
    yield
    update(
        stateMachineArn=MACHINE,
        loggingConfiguration=right["loggingConfiguration"],
        tracingConfiguration=right["tracingConfiguration"],
    )


@plant("churn-prod-training", "ChurnPipeline: definition.states")
def machine_with_another_state(at: Callable[[str], Any]) -> Iterator[None]:
    states = at("stepfunctions")
    right = states.describe_state_machine(stateMachineArn=MACHINE)["definition"]
    wrong = json.loads(right)
    wrong["States"]["More"] = {"Type": "Succeed"}
    states.update_state_machine(stateMachineArn=MACHINE, definition=json.dumps(wrong))
    yield
    states.update_state_machine(stateMachineArn=MACHINE, definition=right)


@plant("churn-prod-training", "ChurnPipeline: schedules.Schedule0.state")
def schedule_that_is_off(at: Callable[[str], Any]) -> Iterator[None]:
    scheduler = at("scheduler")
    group = "churn-prod-churn"
    [listed] = scheduler.list_schedules(GroupName=group)["Schedules"]
    right = scheduler.get_schedule(Name=listed["Name"], GroupName=group)
    kept = ("Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone",
            "FlexibleTimeWindow", "Target")  # fmt: skip
    for state in ("DISABLED", "ENABLED"):
        scheduler.update_schedule(State=state, **{key: right[key] for key in kept})
        if state == "DISABLED":
            yield


@plant("churn-prod-training", "ChurnPipeline: dead_letter_queue_policy.statements")
def queue_open_to_anyone(at: Callable[[str], Any]) -> Iterator[None]:
    sqs = at("sqs")
    url = sqs.get_queue_url(QueueName="churn-prod-churn-failed-starts")["QueueUrl"]
    right = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    resource = json.loads(right["Policy"])["Statement"][0]["Resource"]
    anyone = {**ANYONE, "Action": "sqs:SendMessage", "Resource": resource}
    wrong = {"Policy": _with(right["Policy"], anyone)}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=wrong)
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=right)


@plant(
    "churn-prod-training",
    "ChurnAlarms: alarms.ExecutionsFailed.missing_data",
    "ChurnAlarms: alarms.ExecutionsFailed.threshold",
    "ChurnAlarms: topic_arn.ExecutionsFailed",
)
def alarm_that_tells_nobody(at: Callable[[str], Any]) -> Iterator[None]:
    cloudwatch = at("cloudwatch")
    [right] = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    kept = ("AlarmName", "AlarmDescription", "Namespace", "MetricName", "Dimensions", "Period",
            "Statistic", "EvaluationPeriods", "ComparisonOperator", "ActionsEnabled",
            "Threshold", "TreatMissingData", "AlarmActions")  # fmt: skip
    whole = {key: right[key] for key in kept}
    wrong = {"Threshold": 9.0, "TreatMissingData": "missing", "AlarmActions": []}
    tags = cloudwatch.list_tags_for_resource(ResourceARN=right["AlarmArn"])["Tags"]
    for alarm in (whole | wrong, whole):
        cloudwatch.put_metric_alarm(**alarm, Tags=tags)
        if alarm is not whole:
            yield


# Releases


@plant("churn-prod-state", "Locks: deletion_protection", "Locks: recovery")
def locks_that_may_be_lost(at: Callable[[str], Any]) -> Iterator[None]:
    dynamodb, name = at("dynamodb"), "churn-prod-locks"
    for kept in (False, True):
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=kept)
        recovery = {"PointInTimeRecoveryEnabled": kept}
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification=recovery
        )
        if not kept:
            yield


@plant("churn-prod-state", "Bus: policy.statements")
def bus_open_to_anyone(at: Callable[[str], Any]) -> Iterator[None]:
    events, bus = at("events"), "churn-prod-events"
    right = events.describe_event_bus(Name=bus)["Policy"]
    arn = events.describe_event_bus(Name=bus)["Arn"]
    anyone = {**ANYONE, "Action": "events:PutEvents", "Resource": arn}
    events.put_permission(EventBusName=bus, Policy=_with(right, anyone))
    yield
    events.remove_permission(EventBusName=bus, StatementId=ANYONE["Sid"])


@plant("churn-prod-release", "ChurnReleaseRule: event_pattern", "ChurnReleaseRule: state")
def rule_that_takes_other_events(at: Callable[[str], Any]) -> Iterator[None]:
    events, where = at("events"), {"EventBusName": "churn-prod-events"}
    rule = events.describe_rule(Name="churn-prod-churn-release", **where)
    right = {key: rule[key] for key in ("Name", "Description", "EventPattern")}
    wrong = {**right, "EventPattern": json.dumps({"source": ["anything"]}), "State": "DISABLED"}
    for asked in (wrong, {**right, "State": "ENABLED"}):
        events.put_rule(**asked, **where)
        if asked is wrong:
            yield


@plant(
    "churn-staging-release",
    "ReleasedProdRule: dead_letter_queue_arn",
    "ReleasedProdRule: retry.attempts",
    "ReleasedProdRule: retry.seconds",
    "ReleasedProdRule: target_arn",
)
def rule_that_forwards_elsewhere(at: Callable[[str], Any]) -> Iterator[None]:
    events, name, bus = at("events"), "churn-staging-released-prod", "churn-staging-events"
    [right] = events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
    wrong = {"Id": right["Id"], "Arn": f"{right['Arn']}-other", "RoleArn": right["RoleArn"]}
    for target in (wrong, right):
        events.put_targets(Rule=name, EventBusName=bus, Targets=[target])
        if target is wrong:
            yield


@plant("churn-prod-release", "Undelivered: policy.statements")
def undelivered_events_of_anyone(at: Callable[[str], Any]) -> Iterator[None]:
    sqs = at("sqs")
    url = sqs.get_queue_url(QueueName="churn-prod-release-undelivered")["QueueUrl"]
    right = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    resource = json.loads(right["Policy"])["Statement"][0]["Resource"]
    anyone = {**ANYONE, "Action": "sqs:SendMessage", "Resource": resource}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _with(right["Policy"], anyone)})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=right)


# Stacks


@plant("churn-prod-state", "Stack: termination_protection")
def stack_that_may_be_deleted(at: Callable[[str], Any]) -> Iterator[None]:
    protect = at("cloudformation").update_termination_protection
    protect(StackName="churn-prod-state", EnableTerminationProtection=False)
    yield
    protect(StackName="churn-prod-state", EnableTerminationProtection=True)


@plant("churn-prod-serving-churn", "Stack: policy")
def stack_whose_endpoint_may_be_replaced(at: Callable[[str], Any]) -> Iterator[None]:
    cloudformation, name = at("cloudformation"), "churn-prod-serving-churn"
    right = cloudformation.get_stack_policy(StackName=name)["StackPolicyBody"]
    everything = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    cloudformation.set_stack_policy(
        StackName=name, StackPolicyBody=json.dumps({"Statement": [everything]})
    )
    yield
    cloudformation.set_stack_policy(StackName=name, StackPolicyBody=right)
