"""Answers generated cases with the evaluator of ministack; run with the Python of `.venv-iam`.

Its server's state (clock, sessions, organisations) answers for condition keys; here the case does.
"""

import json
import sys
from typing import Any

from ministack.core import iam_evaluator  # type: ignore[import-not-found]
from ministack.core.iam_evaluator import (  # type: ignore[import-not-found]
    EvalContext,
    combine_resource_policy,
    evaluate,
    evaluate_resource_policy,
    parse_policy_document,
)

iam_evaluator._resolve_condition_key = lambda key, context: context.service_context.get(key.lower())
ANSWERS = {"Allow": "allowed", "Deny": "denied", "ImplicitDeny": "not allowed"}


def decide(case: dict[str, Any]) -> str:
    """Return the answer to one case."""
    context = EvalContext(
        principal_arn=case["principal"],
        principal_type="",
        principal_account=case["principal"].split(":")[4] if not case["service"] else "",
        action=case["action"],
        resource_arn=case["resource"],
        region="",
        source_ip="",
        secure_transport=True,
        service_context={key.lower(): value for key, value in case["context"].items()},
    )
    policy = case["resourcePolicy"]
    if case["service"]:
        found = evaluate_resource_policy(policy, context, service=case["service"])
        return ANSWERS[found.decision]
    identity = [parse_policy_document(item) for item in case["identity"]]
    limits = []
    if case["boundary"]:
        limits.append([parse_policy_document(case["boundary"])])
    if case["session"]:
        limits.append([parse_policy_document(item) for item in case["session"]])
    result = evaluate(context, identity, *limits)
    if policy is not None or case["required"] or context.principal_account != case["owner"]:
        result = combine_resource_policy(
            result, context, policy, case["owner"], required=case["required"], limits=tuple(limits)
        )
    return ANSWERS[result.decision]


if __name__ == "__main__":
    json.dump([decide(case) for case in json.load(sys.stdin)], sys.stdout)
