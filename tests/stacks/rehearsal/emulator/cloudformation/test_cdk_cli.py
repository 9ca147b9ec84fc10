"""The real CDK CLI against the emulator: two accounts, from bootstrap to destroy."""

import json
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm

from groundplan.stacks.rehearsal.emulator import Emulator

REGION = "eu-west-1"
ACCOUNTS = ("111111111111", "222222222222")


def _synthesise(directory: Path, value: str, *, extra: bool) -> None:
    app = cdk.App(outdir=str(directory))
    for account in ACCOUNTS:
        stack = cdk.Stack(
            app,
            f"Tiny{account}",
            env=cdk.Environment(account=account, region=REGION),
            stack_name="tiny",
            tags={"project": "churn"},
        )
        parameter = ssm.StringParameter(
            stack, "Live", parameter_name="/tiny/live", string_value=value
        )
        cdk.CfnOutput(stack, "Name", value=parameter.parameter_name)
        if extra:
            s3.CfnBucket(stack, "Bucket", bucket_name=f"tiny-{account}")
    app.synth()


def _cdk(emulator: Emulator, account: str, *arguments: str) -> str:
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("cdk")),
            *arguments,
            "--no-notices",
            "--no-color",
            "--ci",
        ],
        env=emulator.environment(account, REGION),
        capture_output=True,
        text=True,
        check=False,
        cwd=emulator.workdir,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output


@pytest.mark.heavy
def test_bootstraps_deploys_updates_and_destroys_in_two_accounts(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    _synthesise(first, "v1", extra=False)
    _synthesise(second, "v2", extra=True)
    with Emulator(images={}, workdir=tmp_path / "emulator") as emulator:
        for account in ACCOUNTS:
            stack = f"Tiny{account}"
            deploy = ("deploy", stack, "--require-approval", "never")
            direct = ("--method", "direct")
            _cdk(emulator, account, "bootstrap", f"aws://{account}/{REGION}")
            output = _cdk(emulator, account, *deploy, *direct, "-a", str(first))
            assert "Tiny" in output
            output = _cdk(emulator, account, *deploy, *direct, "-a", str(first))
            assert "(no changes)" in output
            _cdk(emulator, account, *deploy, "-a", str(second))  # by change set

            parameters = emulator.client("ssm", account, REGION)
            shown = parameters.get_parameter(Name="/tiny/live")["Parameter"]
            assert (shown["Value"], shown["Version"]) == ("v2", 2)
            buckets = emulator.client("s3", account, REGION).list_buckets()["Buckets"]
            assert f"tiny-{account}" in [bucket["Name"] for bucket in buckets]
            cloudformation = emulator.client("cloudformation", account, REGION)
            [found] = cloudformation.describe_stacks(StackName="tiny")["Stacks"]
            assert found["Outputs"] == [{"OutputKey": "Name", "OutputValue": "/tiny/live"}]
            assert found["Tags"] == [{"Key": "project", "Value": "churn"}]
            assert found["RoleARN"].endswith(f"cfn-exec-role-{account}-{REGION}")

            diff = _cdk(emulator, account, "diff", stack, "-a", str(first))
            assert "[-] AWS::S3::Bucket Bucket" in diff
        for account in ACCOUNTS:
            _cdk(emulator, account, "destroy", f"Tiny{account}", "--force", "-a", str(first))
            cloudformation = emulator.client("cloudformation", account, REGION)
            names = [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]]
            assert names == ["CDKToolkit"]
    assert json.loads((second / "manifest.json").read_text())["artifacts"]
