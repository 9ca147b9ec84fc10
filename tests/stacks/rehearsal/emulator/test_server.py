import os
import subprocess
import sys
from pathlib import Path

import pytest

from groundplan.stacks.rehearsal.emulator import Emulator, EmulatorError

ACCOUNTS = ("111111111111", "222222222222")
REGION = "eu-west-1"


def test_accounts_are_separate_and_gone_at_exit(tmp_path: Path) -> None:
    with Emulator(images={}, workdir=tmp_path / "one") as emulator:
        for account in ACCOUNTS:
            identity = emulator.client("sts", account, REGION).get_caller_identity()
            assert identity["Account"] == account
        first, second = (emulator.client("sns", account, REGION) for account in ACCOUNTS)
        first.create_topic(Name="alerts")
        assert [topic["TopicArn"] for topic in first.list_topics()["Topics"]] == [
            f"arn:aws:sns:{REGION}:{ACCOUNTS[0]}:alerts"
        ]
        assert second.list_topics()["Topics"] == []
        elsewhere = emulator.client("sns", ACCOUNTS[0], "us-east-1")
        assert elsewhere.list_topics()["Topics"] == []
        assert emulator.jobs() == ()
    with Emulator(images={}, workdir=tmp_path / "two") as emulator:
        assert emulator.client("sns", ACCOUNTS[0], REGION).list_topics()["Topics"] == []


PROGRAM = """
import boto3
print(boto3.client("sts").get_caller_identity()["Account"], boto3.session.Session().region_name)
"""


def test_a_process_in_the_environment_is_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-the-caller")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "999999999999")
    monkeypatch.setenv("CDK_DEFAULT_ACCOUNT", "999999999999")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with Emulator(images={}, workdir=tmp_path) as emulator:
        environment = emulator.environment(ACCOUNTS[1], REGION)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "AWS_PROFILE" not in os.environ
    assert done.stdout.split() == [ACCOUNTS[1], REGION]
    assert "999999999999" not in environment.values()
    assert environment["AWS_ENDPOINT_URL"].startswith("http://localhost:")
    assert environment["PATH"] == os.environ["PATH"]
    assert os.environ["AWS_PROFILE"] == "of-the-caller"


def test_fails_to_run_two_at_a_time(tmp_path: Path) -> None:
    with Emulator(images={}, workdir=tmp_path):
        with pytest.raises(EmulatorError) as caught, Emulator(images={}, workdir=tmp_path):
            pass
        assert str(caught.value) == (
            "emulator: a process holds one at a time, got a second; leave the first"
        )
    with Emulator(images={}, workdir=tmp_path):
        pass


def test_fails_when_it_is_not_running(tmp_path: Path) -> None:
    emulator = Emulator(images={}, workdir=tmp_path)
    with pytest.raises(EmulatorError) as caught:
        _ = emulator.endpoint_url
    assert str(caught.value) == ("emulator: it is not running, got no port; use it in a with block")


def test_leaves_moto_as_it_was(tmp_path: Path) -> None:
    from moto.cloudformation.urls import url_paths
    from moto.core.config import default_user_config
    from moto.kms.responses import KmsResponse

    before = (dict(url_paths), dict(default_user_config), KmsResponse.enable_key_rotation)
    with Emulator(images={}, workdir=tmp_path):
        assert dict(url_paths) != before[0]
        assert KmsResponse.enable_key_rotation is not before[2]
    assert (dict(url_paths), dict(default_user_config), KmsResponse.enable_key_rotation) == before


def test_names_what_it_does_not_do() -> None:
    assert any(item.startswith("CodeBuild builds") for item in Emulator.unsupported)
    assert list(Emulator.unsupported) == sorted(Emulator.unsupported)
