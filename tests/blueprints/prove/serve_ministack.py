"""Starts ministack with condition keys and ARNs that it lacks; run with the Python of `.venv-iam`.

Deciding stays with ministack. Supplied here is only what it has no value for, or not the documented one:

* `aws:PrincipalArn` is the role's ARN, path included (it says the session's, or for a bucket of another
  account the root's);
* `kms:ResourceAliases` are the aliases that the key has on the server;
* log groups and roles have the ARNs of the Service Authorization Reference: with the stream, or `:*`, and
  with the path;
* whatever else the header `x-context` gives as JSON: keys that a calling service would supply, such as
  `kms:ViaService`.
"""

import contextvars
import json
from typing import Any

from ministack.core import iam_actions, iam_evaluator  # type: ignore[import-not-found]
from ministack.services import iam, kms  # type: ignore[import-not-found]

GIVEN: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("given")
known = iam_evaluator._resolve_condition_key
pin = iam_evaluator.pin_request_caller
extract = iam_actions.extract_resource_arn


def pin_request_caller(headers: dict[str, str], *more: Any) -> None:
    """Remember what the header gives, besides what ministack remembers."""
    GIVEN.set(json.loads(headers.get("x-context") or "{}"))
    pin(headers, *more)


def resolve(key: str, context: Any) -> Any:
    """Return the value of a condition key."""
    key = key.lower()
    session = iam_evaluator.caller_arn()
    if key == "aws:principalarn" and ":assumed-role/" in session:
        role = iam._roles.get_scoped(session.split(":")[4], None, session.split("/")[1])
        return role["Arn"]
    if key == "kms:resourcealiases":
        key_id = context.resource_arn.rpartition("/")[2]
        aliases = [arn.split(":", 5)[5] for arn, target in kms._aliases.items() if target == key_id]
        return aliases or None
    given = GIVEN.get({})
    return given[key] if key in given else known(key, context)


def extract_resource_arn(service: str, *more: Any) -> str:
    """Return the ARN of a request's resource."""
    arn: str = extract(service, *more)
    if service == "logs" and ":log-group:" in arn:
        body = json.loads(more[3] or b"{}")
        stream = body.get("logStreamName")
        return f"{arn}:log-stream:{stream}" if stream else f"{arn}:*"
    if service == "iam" and ":role/" in arn:
        role = iam._roles.get(arn.rpartition("/")[2])
        return role["Arn"] if role else arn
    return arn


if __name__ == "__main__":
    iam_evaluator.pin_request_caller = pin_request_caller
    iam_evaluator._resolve_condition_key = resolve
    iam_actions.extract_resource_arn = extract_resource_arn
    from ministack.app import main  # type: ignore[import-not-found]

    main()
