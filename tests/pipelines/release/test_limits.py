"""What AWS limits: the history of an execution, and what the machine's role has to allow."""

import json
from typing import Any

import pytest

from groundplan.pipelines import api_calls, definition_json, release_pipeline
from groundplan.pipelines.release import LOCK_WAIT_SECONDS
from groundplan.pipelines.step_functions import approval
from groundplan.pipelines.step_functions.polling import (
    EVENTS_A_POLL,
    MAX_POLLS,
    interval,
    polls,
)

HISTORY = 25_000
DAY = 86_400


@pytest.mark.parametrize("wait", [0, 1, 59, 60, 61, 3600, DAY, 30 * DAY])
def test_a_wait_is_as_long_as_asked_with_few_looks(wait: int) -> None:
    every, looks = interval(wait, 60), polls(wait, 60)

    assert every >= 60 and looks <= 150
    assert wait <= every * looks < wait + every


def test_the_longest_release_fits_the_history(world: Any, facts: Any) -> None:
    """Approval, lock, two repairs, three updates and two bakes, each for as long as it may be."""
    everything = approval.MAX_POLLS + LOCK_WAIT_SECONDS // 60 + 7 * MAX_POLLS
    assert everything * EVENTS_A_POLL < HISTORY * 0.75

    prod = world(target_shadow_first=True, target_shadow_seconds=7 * DAY)
    prod.run()

    assert 150 <= len(prod.running.waited) <= 170
    assert 7 * DAY < sum(prod.running.waited) < release_pipeline(prod.settings).timeout_seconds


def test_the_definition_is_far_below_its_limit(world: Any, facts: Any) -> None:
    settings = world(approval=facts.by_life_cycle).settings
    text = definition_json(release_pipeline(settings))

    assert len(text) < 150_000
    assert json.loads(text)["TimeoutSeconds"] < 365 * DAY


def test_lists_the_actions_that_the_role_needs(world: Any) -> None:
    assert api_calls(release_pipeline(world().settings)) == (
        "cloudformation:ContinueUpdateRollback",
        "cloudformation:DescribeStacks",
        "cloudformation:UpdateStack",
        "cloudwatch:DescribeAlarms",
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "events:PutEvents",
        "kms:Decrypt",
        "s3:GetObject",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:DeleteModel",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeModel",
        "sagemaker:DescribeModelPackage",
        "sagemaker:InvokeEndpoint",
        "sagemaker:ListEndpointConfigs",
        "sagemaker:ListModels",
        "sagemaker:ListTags",
        "sns:Publish",
        "ssm:PutParameter",
    )
