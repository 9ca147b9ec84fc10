"""What holds of every decision, whatever the policies are."""

from dataclasses import replace

from evaluator_cases import KINDS, Case, answer, generate
from hypothesis import given, settings
from hypothesis import strategies as st

from groundplan.blueprints.prove.model import Policy, PolicyStatement

CASES = st.builds(
    lambda kind, seed: generate(kind, 1, seed)[0],
    st.sampled_from(KINDS),
    st.integers(min_value=0, max_value=2**32),
)
STATEMENTS = st.builds(
    lambda case, number: list(case.statements())[number % len(list(case.statements()))],
    CASES.filter(lambda case: any(True for _ in case.statements())),
    st.integers(min_value=0, max_value=20),
)


@settings(max_examples=300, deadline=None)
@given(CASES, STATEMENTS)
def test_another_deny_never_allows_more(case: Case, statement: PolicyStatement) -> None:
    deny = replace(statement, effect="Deny", principals=None, not_principals=None)
    more = replace(case, identity=(*case.identity, _policy(deny)))
    assert case.decide().allowed >= more.decide().allowed


@settings(max_examples=300, deadline=None)
@given(CASES, STATEMENTS)
def test_another_allow_never_allows_less(case: Case, statement: PolicyStatement) -> None:
    allow = replace(statement, effect="Allow", principals=None, not_principals=None)
    more = replace(case, identity=(*case.identity, _policy(allow)))
    assert case.decide().allowed <= more.decide().allowed
    if case.resource_policy is not None:
        everybody = replace(allow, principals={"*": ("*",)})
        wider = replace(
            case.resource_policy, statements=(*case.resource_policy.statements, everybody)
        )
        assert case.decide().allowed <= replace(case, resource_policy=wider).decide().allowed


@settings(max_examples=300, deadline=None)
@given(CASES)
def test_a_limit_less_never_denies_more(case: Case) -> None:
    allowed = case.decide().allowed
    for wider in (
        replace(case, boundary=None),
        replace(case, session=()),
        replace(case, service_control=()),
        replace(case, service_control=case.service_control[1:]),
    ):
        assert wider.decide().allowed >= allowed


@settings(max_examples=300, deadline=None)
@given(CASES)
def test_the_order_of_policies_and_statements_does_not_count(case: Case) -> None:
    def turned(policy: Policy) -> Policy:
        return replace(policy, statements=policy.statements[::-1])

    other = replace(
        case,
        identity=tuple(turned(item) for item in reversed(case.identity)),
        boundary=case.boundary and turned(case.boundary),
        resource_policy=case.resource_policy and turned(case.resource_policy),
        service_control=case.service_control[::-1],
    )
    assert answer(case.decide()) == answer(other.decide())


@settings(max_examples=300, deadline=None)
@given(CASES)
def test_statements_that_decide_are_among_the_policies(case: Case) -> None:
    decision = case.decide()
    effect = "Allow" if decision.allowed else "Deny"
    for deciding in decision.statements:
        assert deciding.statement.effect == effect
        assert any(deciding.policy is policy for policy in case.policies())


def _policy(statement: PolicyStatement) -> Policy:
    return Policy(kind="identity", name="more", owner="", statements=(statement,))
