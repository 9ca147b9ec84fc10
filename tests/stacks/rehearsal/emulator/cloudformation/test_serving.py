import json
from typing import Any

KEY = "arn:aws:kms:eu-west-1:111111111111:key/0123"
ROLE = "arn:aws:iam::111111111111:role/serve"


def _resource(type: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{type}", "Properties": properties}


def _variant(name: str, **more: Any) -> dict[str, Any]:
    return {
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 1.0,
        "InstanceType": "ml.g5.xlarge",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "VariantName": name,
        **more,
    }


def _serving(image: str = "v1") -> dict[str, Any]:
    return {
        "Model": {
            **_resource(
                "SageMaker::Model",
                EnableNetworkIsolation=True,
                ExecutionRoleArn=ROLE,
                PrimaryContainer={
                    "Image": f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/churn:{image}",
                    "ModelDataUrl": "s3://models/model.tar.gz",
                },
                Tags=[{"Key": "project", "Value": "churn"}],
                VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
            ),
            "UpdateReplacePolicy": "Retain",
        },
        "Config": {
            **_resource(
                "SageMaker::EndpointConfig",
                DataCaptureConfig={
                    "CaptureOptions": [{"CaptureMode": "Input"}],
                    "DestinationS3Uri": "s3://capture/churn",
                    "EnableCapture": True,
                    "InitialSamplingPercentage": 20,
                    "KmsKeyId": KEY,
                },
                KmsKeyId=KEY,
                ProductionVariants=[_variant("primary")],
                ShadowProductionVariants=[_variant("shadow")],
            ),
            "UpdateReplacePolicy": "Retain",
        },
        "Endpoint": _resource(
            "SageMaker::Endpoint",
            DeploymentConfig={
                "BlueGreenUpdatePolicy": {
                    "TerminationWaitInSeconds": 60,
                    "TrafficRoutingConfiguration": {
                        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                        "Type": "CANARY",
                        "WaitIntervalInSeconds": 60,
                    },
                }
            },
            EndpointConfigName={"Fn::GetAtt": ["Config", "EndpointConfigName"]},
            EndpointName="churn",
            Tags=[{"Key": "project", "Value": "churn"}],
        ),
    }


def test_an_endpoint_serves_the_config_with_the_models_security(stacks: Any) -> None:
    stacks.create(_serving())
    assert stacks.failures() == []
    sagemaker = stacks.client("sagemaker")
    name = stacks.physical_id("Model").rsplit("/", 1)[1]
    model = sagemaker.describe_model(ModelName=name)
    assert model["EnableNetworkIsolation"] is True
    assert model["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    config_name = stacks.physical_id("Config").rsplit("/", 1)[1]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=config_name)
    assert config["KmsKeyId"] == KEY
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == 20
    assert config["ProductionVariants"][0]["InstanceType"] == "ml.g5.xlarge"
    assert [item["VariantName"] for item in config["ShadowProductionVariants"]] == ["shadow"]
    endpoint = sagemaker.describe_endpoint(EndpointName="churn")
    assert endpoint["EndpointConfigName"] == config_name
    tags = sagemaker.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"]
    assert tags == [{"Key": "project", "Value": "churn"}]


def test_a_new_model_replaces_its_config_and_updates_the_endpoint(stacks: Any) -> None:
    stacks.create(_serving("v1"))
    old_model, old_config = stacks.physical_id("Model"), stacks.physical_id("Config")
    stacks.update(_serving("v2"))
    assert stacks.failures() == []
    sagemaker = stacks.client("sagemaker")
    model, config = stacks.physical_id("Model"), stacks.physical_id("Config")
    assert (model != old_model, config != old_config) == (True, True)
    served = sagemaker.describe_endpoint(EndpointName="churn")["EndpointConfigName"]
    assert served == config.rsplit("/", 1)[1]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=served)["ProductionVariants"]
    assert variants[0]["ModelName"] == model.rsplit("/", 1)[1]
    retained = old_model.rsplit("/", 1)[1]
    assert sagemaker.describe_model(ModelName=retained)["ModelName"] == retained
    listed = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert sorted(item["EndpointConfigArn"] for item in listed) == sorted([config, old_config])


def test_what_is_replaced_and_not_retained_is_deleted(stacks: Any) -> None:
    for image in ("v1", "v2"):
        template = _serving(image)
        for resource in template.values():
            resource.pop("UpdateReplacePolicy", None)
        (stacks.create if image == "v1" else stacks.update)(template)
    sagemaker = stacks.client("sagemaker")
    listed = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert [item["EndpointConfigArn"] for item in listed] == [stacks.physical_id("Config")]
    assert len(sagemaker.list_models()["Models"]) == 1
    assert stacks.delete() == "DELETE_COMPLETE"
    assert sagemaker.list_endpoints()["Endpoints"] == []


def test_a_failed_release_rolls_the_stack_back(stacks: Any) -> None:
    stacks.create(_serving("v1"))
    before = stacks.client("sagemaker").describe_endpoint(EndpointName="churn")
    stacks.emulator.faults.endpoint_update = "fails"
    stacks.update(_serving("v2"))
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.failures()[0][0] == "Endpoint"
    after = stacks.client("sagemaker").describe_endpoint(EndpointName="churn")
    assert after["EndpointConfigName"] == before["EndpointConfigName"]
    assert stacks.physical_id("Config").endswith(before["EndpointConfigName"])


def test_a_silent_rollback_leaves_the_stack_complete(stacks: Any) -> None:
    stacks.create(_serving("v1"))
    before = stacks.client("sagemaker").describe_endpoint(EndpointName="churn")
    stacks.emulator.faults.endpoint_update = "rolls_back_silently"
    stacks.update(_serving("v2"))
    assert stacks.status() == "UPDATE_COMPLETE"
    after = stacks.client("sagemaker").describe_endpoint(EndpointName="churn")
    assert after["EndpointStatus"] == "InService"
    assert after["EndpointConfigName"] == before["EndpointConfigName"]
    assert not stacks.physical_id("Config").endswith(before["EndpointConfigName"])


def _scaling(maximum: int) -> dict[str, Any]:
    return {
        "Target": _resource(
            "ApplicationAutoScaling::ScalableTarget",
            MaxCapacity=maximum,
            MinCapacity=1,
            ResourceId="endpoint/churn/variant/primary",
            RoleARN="arn:aws:iam::111111111111:role/scaling",
            ScalableDimension="sagemaker:variant:DesiredInstanceCount",
            ScheduledActions=[
                {
                    "ScalableTargetAction": {"MinCapacity": 3},
                    "Schedule": "cron(0 8 * * ? *)",
                    "ScheduledActionName": "morning",
                    "Timezone": "Europe/Berlin",
                }
            ],
            ServiceNamespace="sagemaker",
        ),
        "Policy": _resource(
            "ApplicationAutoScaling::ScalingPolicy",
            PolicyName="invocations",
            PolicyType="TargetTrackingScaling",
            ScalingTargetId={"Ref": "Target"},
            TargetTrackingScalingPolicyConfiguration={
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
                "ScaleInCooldown": 300,
                "TargetValue": 700,
            },
        ),
    }


def test_scaling_has_bounds_policy_and_schedule(stacks: Any) -> None:
    stacks.create(_scaling(4))
    assert stacks.failures() == []
    scaling = stacks.client("application-autoscaling")
    namespace = {"ServiceNamespace": "sagemaker"}
    [target] = scaling.describe_scalable_targets(**namespace)["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    [policy] = scaling.describe_scaling_policies(**namespace)["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 700
    [action] = scaling.describe_scheduled_actions(**namespace)["ScheduledActions"]
    assert action["Timezone"] == "Europe/Berlin"
    assert action["ScalableTargetAction"] == {"MinCapacity": 3}

    template = _scaling(8)
    del template["Target"]["Properties"]["ScheduledActions"]
    stacks.update(template)
    assert stacks.failures() == []
    [target] = scaling.describe_scalable_targets(**namespace)["ScalableTargets"]
    assert target["MaxCapacity"] == 8
    assert scaling.describe_scheduled_actions(**namespace)["ScheduledActions"] == []
    stacks.delete()
    assert scaling.describe_scalable_targets(**namespace)["ScalableTargets"] == []
    assert scaling.describe_scaling_policies(**namespace)["ScalingPolicies"] == []


def test_a_model_package_group_has_its_policy(stacks: Any) -> None:
    def group(action: str) -> dict[str, Any]:
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
            "Action": action,
            "Resource": "*",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        return {
            "Group": _resource(
                "SageMaker::ModelPackageGroup",
                ModelPackageGroupDescription="churn models",
                ModelPackageGroupName="churn",
                ModelPackageGroupPolicy=policy,
                Tags=[{"Key": "project", "Value": "churn"}],
            )
        }

    stacks.create(group("sagemaker:DescribeModelPackage"))
    assert stacks.failures() == []
    sagemaker = stacks.client("sagemaker")
    found = sagemaker.describe_model_package_group(ModelPackageGroupName="churn")
    assert found["ModelPackageGroupDescription"] == "churn models"
    assert found["ModelPackageGroupArn"] == stacks.physical_id("Group")
    tags = sagemaker.list_tags(ResourceArn=found["ModelPackageGroupArn"])["Tags"]
    assert tags == [{"Key": "project", "Value": "churn"}]
    stacks.update(group("sagemaker:CreateModelPackage"))
    policy = sagemaker.get_model_package_group_policy(ModelPackageGroupName="churn")
    [statement] = json.loads(policy["ResourcePolicy"])["Statement"]
    assert statement["Action"] == "sagemaker:CreateModelPackage"
    stacks.delete()
    assert sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
