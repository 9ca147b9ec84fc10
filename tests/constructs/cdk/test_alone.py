"""Each construct as its docstring uses it: in a small stack of somebody else's, deployed alone."""

import doctest
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from tests_support import lint

import groundplan.constructs.cdk as constructs
from groundplan.blueprints.plan import (
    alarms,
    batch_capacity,
    budget,
    code_pipeline,
    container_repository,
    data_bucket,
    encryption_key,
    endpoint,
    event_bus,
    event_rule,
    image_build,
    lock_table,
    log_group,
    mlflow,
    model_registry,
    monitoring_schedule,
    network,
    pipeline,
    role,
    spot_training,
    undelivered,
)
from groundplan.blueprints.plan.names import Place
from groundplan.stacks.rehearsal.emulator import Emulator

pytestmark = pytest.mark.heavy
ACCOUNT, REGION = "111111111111", "eu-west-1"
Client = Callable[[str], Any]
NAMES = sorted(constructs.__all__)
PLANNERS = (
    alarms,
    batch_capacity,
    budget,
    code_pipeline,
    container_repository,
    data_bucket,
    encryption_key,
    endpoint,
    event_bus,
    event_rule,
    image_build,
    lock_table,
    log_group,
    mlflow,
    model_registry,
    monitoring_schedule,
    network,
    pipeline,
    role,
    spot_training,
    undelivered,
)


@pytest.fixture(params=NAMES)
def example(
    request: pytest.FixtureRequest,
    stack: cdk.Stack,
    place: Place,
    template: Callable[[], dict[str, Any]],
) -> tuple[str, dict[str, Any]]:
    """Run the example of a construct's docstring and return the template of its stack."""
    name: str = request.param
    flow_log = network.FlowLogPlan(
        log_group_name="/reports/flow",
        log_group_arn="arn:aws:logs:eu-west-1:111111111111:log-group:/reports/flow",
        role_arn="arn:aws:iam::111111111111:role/flow",
    )
    known = {key: item for module in PLANNERS for key, item in vars(module).items()}
    names = {**known, **vars(constructs), "iam": iam, "stack": stack, "place": place}
    names["flow_log"] = flow_log
    [test] = [
        found
        for found in doctest.DocTestFinder(recurse=False).find(
            getattr(constructs, name), name, globs=names
        )
        if found.examples
    ]
    results = doctest.DocTestRunner().run(test)
    assert results.attempted > 0 and results.failed == 0
    return name, template()


def test_example_passes_cfn_lint(example: tuple[str, dict[str, Any]]) -> None:
    _, template = example
    assert template["Resources"]
    assert lint(json.dumps(template), REGION) == []


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with Emulator(images={}, workdir=tmp_path / "emulator") as running:
        yield running


def test_example_deploys_alone(example: tuple[str, dict[str, Any]], emulator: Emulator) -> None:
    name, template = example

    def client(service: str) -> Any:
        return emulator.client(service, ACCOUNT, REGION)

    parameters = []
    if name == "Endpoint":
        version = register(client)
        parameters.append({"ParameterKey": "ModelVersion", "ParameterValue": version})
    if name == "MonitoringSchedule":
        serve(client)
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName="test",
        TemplateBody=json.dumps(template),
        Parameters=parameters,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )

    [stack] = cloudformation.describe_stacks(StackName="test")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    CHECKS[name](client)


def register(client: Client) -> str:
    """Register a model version and return its ARN."""
    client("ecr").create_repository(repositoryName="fraud")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    pushed = client("ecr").put_image(
        repositoryName="fraud", imageManifest=json.dumps(manifest), imageTag="1"
    )
    digest = pushed["image"]["imageId"]["imageDigest"]
    models = "fraud-models-111111111111"
    client("s3").create_bucket(
        Bucket=models, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    client("s3").put_object(Bucket=models, Key="model.tar.gz", Body=b"a model")
    sagemaker = client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="fraud")
    arn: str = sagemaker.create_model_package(
        ModelPackageGroupName="fraud",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [
                {
                    "Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/fraud@{digest}",
                    "ModelDataUrl": f"s3://{models}/model.tar.gz",
                }
            ],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    return arn


def serve(client: Client) -> None:
    """Make an endpoint."""
    sagemaker = client("sagemaker")
    sagemaker.create_model(
        ModelName="fraud",
        ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/fraud-serving",
        PrimaryContainer={"ModelPackageName": register(client)},
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName="fraud",
        ProductionVariants=[
            {
                "VariantName": "primary",
                "ModelName": "fraud",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
    )
    sagemaker.create_endpoint(EndpointName="fraud", EndpointConfigName="fraud")


def check_key(client: Client) -> None:
    found = client("kms").list_aliases()["Aliases"]
    [key] = [item["TargetKeyId"] for item in found if item["AliasName"] == "alias/reports"]
    status = client("kms").get_key_rotation_status(KeyId=key)
    assert status["KeyRotationEnabled"] is True


def check_bucket(client: Client) -> None:
    s3, name = client("s3"), "reports-111111111111"
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
    policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
    assert "DenyPlainHttp" in [statement["Sid"] for statement in policy["Statement"]]


def check_role(client: Client) -> None:
    role = client("iam").get_role(RoleName="dashboard")["Role"]
    assert role["Arn"] == "arn:aws:iam::111111111111:role/reports/dashboard"
    attached = client("iam").list_attached_role_policies(RoleName="dashboard")
    assert [item["PolicyName"] for item in attached["AttachedPolicies"]] == ["dashboard-1"]


def check_network(client: Client) -> None:
    ec2 = client("ec2")
    [vpc] = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["reports"]}])["Vpcs"]
    within = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    assert len(ec2.describe_subnets(Filters=within)["Subnets"]) == 2
    assert len(ec2.describe_vpc_endpoints(Filters=within)["VpcEndpoints"]) == 9


def check_capacity(client: Client) -> None:
    [queue] = client("batch").describe_job_queues()["jobQueues"]
    [environment] = client("batch").describe_compute_environments()["computeEnvironments"]
    [order] = queue["computeEnvironmentOrder"]
    assert order["computeEnvironment"] == environment["computeEnvironmentArn"]
    assert environment["computeResources"]["type"] == "FARGATE_SPOT"


def check_repository(client: Client) -> None:
    [found] = client("ecr").describe_repositories()["repositories"]
    assert (found["repositoryName"], found["imageTagMutability"]) == (
        "reports/renderer",
        "IMMUTABLE",
    )


def check_build(client: Client) -> None:
    [project] = client("codebuild").batch_get_projects(names=["reports-image-renderer"])["projects"]
    assert project["source"]["location"] == "sources-111111111111/renderer/2026-11-21.zip"
    [target] = client("events").list_targets_by_rule(Rule="reports-build-renderer")["Targets"]
    assert target["Arn"].endswith("project/reports-image-renderer")


def check_code_pipeline(client: Client) -> None:
    found = client("codepipeline").get_pipeline(name="reports")["pipeline"]
    assert [stage["name"] for stage in found["stages"]] == ["Source", "Production"]
    assert [item["name"] for item in found["stages"][1]["actions"]] == ["Approve", "Deploy"]


def check_mlflow(client: Client) -> None:
    [app] = client("sagemaker").list_mlflow_apps()["Summaries"]
    assert app["Name"] == "fraud"
    found = client("sagemaker").describe_mlflow_app(Arn=app["Arn"])
    assert found["ArtifactStoreUri"] == "s3://fraud-work-111111111111/mlflow"
    assert found["ModelRegistrationMode"] == "AutoModelRegistrationDisabled"


def check_registry(client: Client) -> None:
    found = client("sagemaker").describe_model_package_group(ModelPackageGroupName="fraud")
    assert found["ModelPackageGroupDescription"] == "Fraud models"


def check_schedule(client: Client) -> None:
    found = client("sagemaker").describe_monitoring_schedule(MonitoringScheduleName="fraud")
    assert found["EndpointName"] == "fraud"
    job = found["MonitoringScheduleConfig"]["MonitoringJobDefinition"]
    assert job["NetworkConfig"]["EnableNetworkIsolation"] is True


def check_logs(client: Client) -> None:
    [group] = client("logs").describe_log_groups(logGroupNamePrefix="/reports/")["logGroups"]
    assert group["retentionInDays"] == 365


def check_locks(client: Client) -> None:
    table = client("dynamodb").describe_table(TableName="reports-locks")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSEDescription"]["SSEType"] == "KMS"


def check_bus(client: Client) -> None:
    assert client("events").describe_event_bus(Name="reports")["Description"].startswith("Events")


def check_rule(client: Client) -> None:
    [target] = client("events").list_targets_by_rule(Rule="report")["Targets"]
    assert target["Arn"].endswith("stateMachine:nightly-report")
    assert target["DeadLetterConfig"]["Arn"].endswith("report-undelivered")


def check_undelivered(client: Client) -> None:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName="report-undelivered")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    assert "events.amazonaws.com" in attributes["Policy"]
    [alarm] = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": "report-undelivered"}]


def check_topic(client: Client) -> None:
    arn = "arn:aws:sns:eu-west-1:111111111111:alerts"
    found = client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    assert found["KmsMasterKeyId"] == "alias/alerts"
    [subscription] = client("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert subscription["Endpoint"] == "on-call@acme.example"


def check_alarms(client: Client) -> None:
    [alarm] = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert (alarm["AlarmName"], alarm["TreatMissingData"]) == ("reports-failed", "notBreaching")


def check_pipeline(client: Client) -> None:
    arn = "arn:aws:states:eu-west-1:111111111111:stateMachine:nightly-report"
    found = client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    assert json.loads(found["definition"])["StartAt"] == "Done"


def check_training(client: Client) -> None:
    names = {role["RoleName"] for role in client("iam").list_roles(PathPrefix="/fraud/")["Roles"]}
    assert names == {"fraud-trainingrole", "fraud-processingrole"}


def check_endpoint(client: Client) -> None:
    sagemaker = client("sagemaker")
    found = sagemaker.describe_endpoint(EndpointName="fraud")
    assert found["EndpointStatus"] == "InService"
    config = sagemaker.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
    [variant] = config["ProductionVariants"]
    assert (variant["VariantName"], variant["InitialInstanceCount"]) == ("primary", 2)


def check_budget(client: Client) -> None:
    [budget] = client("budgets").describe_budgets(AccountId=ACCOUNT)["Budgets"]
    assert budget["BudgetName"].startswith("reports-costs-")
    assert float(budget["BudgetLimit"]["Amount"]) == 500


CHECKS: dict[str, Callable[[Client], None]] = {
    "AlarmTopic": check_topic,
    "Alarms": check_alarms,
    "BatchCapacity": check_capacity,
    "Budget": check_budget,
    "CodePipeline": check_code_pipeline,
    "ContainerRepository": check_repository,
    "DataBucket": check_bucket,
    "EncryptionKey": check_key,
    "Endpoint": check_endpoint,
    "EventBus": check_bus,
    "EventRule": check_rule,
    "ImageBuild": check_build,
    "LockTable": check_locks,
    "LogGroup": check_logs,
    "Mlflow": check_mlflow,
    "ModelRegistry": check_registry,
    "MonitoringSchedule": check_schedule,
    "Network": check_network,
    "Pipeline": check_pipeline,
    "Role": check_role,
    "SpotTraining": check_training,
    "UndeliveredEvents": check_undelivered,
}
"""What exists after the example was deployed, asked of the service itself."""
