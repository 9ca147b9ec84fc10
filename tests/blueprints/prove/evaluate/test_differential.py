"""Our evaluator against two others, on thousands of generated cases.

A disagreement that no row of the table below explains fails. Each row names the page of AWS's
documentation that decides for our answer; ours is the one that follows it.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from evaluator_cases import KEYS, KINDS, OPERATORS, ROOT, Case, answer, ask, generate

from groundplan.blueprints.prove.evaluate.caller import caller

HERE = Path(__file__).parent
PYTHON = ROOT / ".venv-iam" / "bin" / "python"
SIMULATOR = ROOT / "environments" / "iam-simulate"
OF_A_KIND = 1_200
SEED = 2026
USER_GUIDE = "IAM User Guide, "


@dataclass(frozen=True)
class Difference:
    """Why another evaluator may answer otherwise."""

    name: str
    page: str
    """Page that our answer follows."""
    explains: Callable[[Case], bool]


def _not_principal(case: Case) -> bool:
    return any(statement.not_principals is not None for statement in case.statements())


def _list_without_quantifier(case: Case) -> bool:
    listed = {key.name for key in KEYS if key.listed}
    return any(
        key in listed and key in case.context and ":" not in operator and operator != "Null"
        for operator, key, _ in case.conditions()
    )


def _any_value_if_exists(case: Case) -> bool:
    return any(
        operator.startswith("ForAnyValue:")
        and operator.endswith("IfExists")
        and key.lower() not in _given(case)
        for operator, key, _ in case.conditions()
    )


def _other_ip_version(case: Case) -> bool:
    source = case.context.get("aws:SourceIp")
    return isinstance(source, str) and any(
        "NotIpAddress" in operator
        and any(ip_network(value).version != ip_address(source).version for value in values)
        for operator, _, values in case.conditions()
    )


def _variable_without_value(case: Case) -> bool:
    """A pattern that is not to be matched holds a variable of a key that is missing."""
    patterns = (
        *(value for op, _, values in case.conditions() if "Not" in op for value in values),
        *(resource for statement in case.statements() for resource in statement.not_resources),
    )
    missing = [key.name for key in KEYS if key.name not in case.context]
    return any(f"${{{name}}}" in pattern for name in missing for pattern in patterns)


def _has_variables(case: Case) -> bool:
    return any(
        "${" in text
        for statement in case.statements()
        for text in (*statement.resources, *statement.not_resources)
    ) or any("${" in value for _, _, values in case.conditions() for value in values)


def _named_itself_under_limits(case: Case) -> bool:
    """A resource policy of the caller's account names the session itself, or everybody."""
    who = caller(case.principal)
    if case.resource_policy is None or who.account != case.owner:
        return False
    return any(
        statement.effect == "Allow" and ("*" in named or {"*", who.arn} & set(named.get("AWS", ())))
        for statement in case.resource_policy.statements
        if (named := statement.principals) is not None
    ) and bool(case.session or case.boundary)


def _given(case: Case) -> set[str]:
    return {key.lower() for key in case.context}


NOT_PRINCIPAL = Difference(
    "NotPrincipal spares a role only if it names the account, the role and the session",
    USER_GUIDE + "AWS JSON policy elements: NotPrincipal",
    _not_principal,
)
LISTS = Difference(
    "a key of several values matches only operators with a quantifier",
    USER_GUIDE + "Single-valued vs. multivalued context keys",
    _list_without_quantifier,
)
LIMITS = Difference(
    "boundaries and session policies do not limit what a resource policy grants to the session itself "
    "or to everybody",
    USER_GUIDE
    + "Permissions boundaries for IAM entities; Policy evaluation logic, resource-based policies",
    _named_itself_under_limits,
)
DIFFERENCES = {
    "ministack": (
        NOT_PRINCIPAL,
        LISTS,
        LIMITS,
        Difference(
            "policy variables are replaced",
            USER_GUIDE + "IAM policy elements: Variables and tags",
            _has_variables,
        ),
    ),
    "iam-simulate": (
        NOT_PRINCIPAL,
        LIMITS,
        Difference(
            "IfExists holds where the key is missing, with a quantifier, too",
            USER_GUIDE + "Condition operators, ...IfExists",
            _any_value_if_exists,
        ),
        Difference(
            "every address outside of a range is not of it, those of another IP version included",
            USER_GUIDE + "Condition operators, IP address condition operators",
            _other_ip_version,
        ),
        Difference(
            "a text whose variable has no value equals nothing, so that its opposite holds",
            USER_GUIDE + "Variables and tags, Policy variables with no value",
            _variable_without_value,
        ),
    ),
}
MOST_EXPLAINED = 0.02
"""Largest share of cases in which an evaluator may disagree at all."""


@pytest.fixture(scope="module")
def decided() -> list[tuple[Case, str]]:
    """Cases with our own answers."""
    cases = (case for kind in KINDS for case in generate(kind, OF_A_KIND, SEED))
    return [(case, answer(case.decide())) for case in cases]


@pytest.mark.heavy
def test_cases_cover_every_operator_kind_and_answer(decided: list[tuple[Case, str]]) -> None:
    assert len(decided) >= 10_000
    used = Counter(operator for case, _ in decided for operator, _, _ in case.conditions())
    plain = {name for names in OPERATORS.values() for name in names}
    for name in plain:
        for form in ("{}", "{}IfExists", "ForAnyValue:{}", "ForAllValues:{}"):
            assert used[form.format(name)] >= 5, form.format(name)
    assert used["Null"] >= 100
    answers = Counter((case.kind, ours) for case, ours in decided)
    for kind in KINDS:
        for said in ("allowed", "denied", "not allowed"):
            assert answers[kind, said] >= 0.05 * OF_A_KIND, (kind, said, answers[kind, said])


@pytest.mark.heavy
@pytest.mark.skipif(
    not PYTHON.exists(), reason="needs ministack: run `make environments` to get .venv-iam"
)
def test_ministack_agrees(decided: list[tuple[Case, str]]) -> None:
    known = [(case, ours) for case, ours in decided if not case.service_control]
    command = [PYTHON, HERE / "ask_ministack.py"]
    _compare("ministack", known, ask(command, [case for case, _ in known]))


@pytest.mark.heavy
@pytest.mark.skipif(
    not (SIMULATOR / "node_modules" / ".ready").exists() or shutil.which("node") is None,
    reason="needs iam-simulate: run `make environments` to get environments/iam-simulate/node_modules",
)
def test_iam_simulate_agrees(decided: list[tuple[Case, str]]) -> None:
    command: list[str | Path] = ["node", HERE / "ask_iam_simulate.cjs"]
    cases = [case for case, _ in decided]
    _compare("iam-simulate", decided, ask(command, cases, cwd=SIMULATOR))


def _compare(tool: str, decided: list[tuple[Case, str]], theirs: list[str]) -> None:
    disagreements = [
        (case, ours, said)
        for (case, ours), said in zip(decided, theirs, strict=True)
        if ours != said
    ]
    explained: Counter[str] = Counter()
    for case, ours, said in disagreements:
        names = [item.name for item in DIFFERENCES[tool] if item.explains(case)]
        assert names, f"we say {ours}, {tool} says {said}: {case.to_json()}"
        explained.update(names[:1])
    for item in DIFFERENCES[tool]:
        assert explained[item.name], f"{item.name}: no longer needed"
    assert len(disagreements) <= MOST_EXPLAINED * len(decided), explained
    for line in _table(tool, len(decided), explained):
        print(line)


def _table(tool: str, number: int, explained: Counter[str]) -> Iterator[str]:
    yield f"{tool}: {number} cases, {explained.total()} disagreements"
    for item in DIFFERENCES[tool]:
        yield f"  {explained[item.name]:4}  {item.name} ({item.page})"
