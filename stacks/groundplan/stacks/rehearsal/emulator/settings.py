"""What this process looks like to moto and boto3 while the emulator runs."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from moto.core.config import default_user_config

NO_CALLER = {
    "AWS_ACCESS_KEY_ID": "dummy",
    "AWS_SECRET_ACCESS_KEY": "dummy",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Environment in which boto3 finds neither credentials nor a profile of the caller."""


def inherited_environment() -> dict[str, str]:
    """This process's environment without what directs AWS clients, the CDK CLI or a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "CDK_", "MOTO_")) and not name.lower().endswith("_proxy")
    }


@contextmanager
def hidden_caller() -> Iterator[None]:
    """Hide the caller's AWS settings from boto3; moto opens sessions even while it is imported."""
    with mock.patch.dict(os.environ, inherited_environment() | NO_CALLER, clear=True):
        yield


@contextmanager
def quiet_execution() -> Iterator[None]:
    """Run state machines instead of storing them, without Docker and without a request log."""
    switches = {
        "batch": {"use_docker": False},
        "iam": {"load_aws_managed_policies": True},
        "lambda": {"use_docker": False},
        "stepfunctions": {"execute_state_machine": True},
    }
    log = logging.getLogger("werkzeug")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with mock.patch.dict(default_user_config, switches):
            yield
    finally:
        log.setLevel(level)
