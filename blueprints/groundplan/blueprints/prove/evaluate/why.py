"""Explains a decision to a reader."""

from collections.abc import Iterator

from groundplan.blueprints.prove.evaluate.decide import Policies, decide
from groundplan.blueprints.prove.evaluate.evaluate import gather
from groundplan.blueprints.prove.evaluate.index import index
from groundplan.blueprints.prove.evaluate.statements import Call, Prepared, prepare
from groundplan.blueprints.prove.model import Policy, Request, World


def why(request: Request, world: World) -> str:
    """Return the answer to a request, the statements that decided, and those that nearly did."""
    call, owner, policies = gather(request, index(world))
    decision = decide(call, owner, policies)
    answer = "allowed" if decision.allowed else "refused"
    lines = [
        f"{request.principal}: {request.action} on {request.resource}: {answer}",
        f"  because: {decision.reason}",
        *(f"  by: {deciding}" for deciding in decision.statements[1:]),
    ]
    if not decision.allowed and not decision.statements:
        lines += [f"  nearly: {text}" for text in _near(call, policies)]
    return "\n".join(lines)


def _near(call: Call, policies: Policies) -> Iterator[str]:
    """Yield why each statement does not count that allows the action."""
    for policy in _all(policies):
        for item in prepare(policy).about(call.action):
            problem = "" if item.denies else _problem(item, call)
            if problem:
                yield f"{item.deciding}: {problem}"


def _problem(item: Prepared, call: Call) -> str:
    if not item.about_resource(call):
        return "is about other resources"
    if item.deciding.policy.kind in ("resource", "trust") and item.grip(call) == "none":
        return "names other principals"
    return "; ".join(
        f"{operator} {key} is not {', '.join(values)} but {_given(call, key)}"
        for operator, key, values in item.failing(call.context)
    )


def _given(call: Call, key: str) -> str:
    return ", ".join(call.context.get(key.lower(), ())) or "missing"


def _all(policies: Policies) -> Iterator[Policy]:
    yield from policies.identity
    if policies.boundary is not None:
        yield policies.boundary
    yield from policies.session
    for level in policies.service_control:
        yield from level
    if policies.resource is not None:
        yield policies.resource
