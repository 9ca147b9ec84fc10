"""A proof as data, as a page, and as ``groundplan prove`` shows it, with claims made up here."""

import json
from dataclasses import replace
from functools import cache, partial
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests_support import ROOT, example_spec, run_command

from groundplan.blueprints.cli import cli
from groundplan.blueprints.errors import InputError
from groundplan.blueprints.prove import report
from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.html import section
from groundplan.blueprints.prove.model import Policy, PolicyStatement
from groundplan.blueprints.prove.report import Proof, proof_json, prove

SPEC = ROOT / "examples" / "sandbox" / "groundplan.yaml"
FINDING = Finding(
    subject="arn:aws:iam::111111111111:role/<b>reader</b>",
    where="identity policy own, statement Read",
    problem="allows s3:GetObject on every bucket, which no work needs",
    fix="name the bucket",
)


def claim(id: str, *findings: Finding) -> Claim:
    def check(case: Case) -> Verdict:
        roles = len(case.world.roles)
        return Verdict(
            claim=id, checked=roles, evidence=(f"{roles} roles & all",), findings=findings
        )

    return Claim(id=id, sentence=f"Nothing is {id}.", check=check)


@cache
def sandbox() -> Case:
    return case(example_spec("sandbox"))


def given(statement: PolicyStatement, name: str = "extra") -> Case:
    """The sandbox, with a statement more in its first role."""
    first, *rest = sandbox().world.roles
    policy = Policy(kind="identity", name=name, owner=first.arn, statements=(statement,))
    changed = replace(first, policies=(*first.policies, policy))
    return replace(sandbox(), world=replace(sandbox().world, roles=(changed, *rest)))


allow = partial(PolicyStatement, sid="Extra", effect="Allow")


def test_a_proof_holds_when_all_claims_do() -> None:
    assert prove(sandbox(), [claim("open"), claim("public")]).holds
    assert not prove(sandbox(), [claim("open"), claim("public", FINDING)]).holds


def test_only_the_claims_asked_for_are_checked_in_the_order_of_the_list() -> None:
    said: list[str] = []
    all_claims = [claim("one"), claim("two", FINDING), claim("three")]
    proof = prove(sandbox(), all_claims, ids=["three", "one"], progress=said.append)
    assert [result.id for result in proof.results] == said == ["one", "three"]
    assert proof.holds


def test_fails_on_a_claim_that_is_not_there() -> None:
    with pytest.raises(InputError) as caught:
        prove(sandbox(), [claim("network")], ids=["netwrok"])
    assert str(caught.value) == "--claim: no such claim, got 'netwrok'; did you mean 'network'?"


def test_every_claim_holds_for_every_example_and_every_wildcard_has_its_reason(
    example: str,
) -> None:
    proof = prove(case(example_spec(example)))
    assert [item.id for item in proof.results if not item.verdict.holds] == []
    assert proof.holds
    assert proof.wildcards
    assert not proof.unexplained
    assert proof.figures.full_access == 0
    assert proof.figures.wildcards == len(proof.wildcards)


def test_a_wildcard_without_a_reason_fails_the_proof() -> None:
    proof = prove(given(allow(actions=("s3:GetObject",), resources=("*",))), [claim("open")])
    assert [(one.statement, one.resource) for one in proof.unexplained] == [("Extra", "*")]
    assert not proof.holds


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("AmazonS3FullAccess", allow(actions=("s3:GetObject",), resources=("arn:aws:s3:::b",))),
        ("own", allow(actions=("s3:*",), resources=("*",))),
        ("own", allow(actions=("*",), resources=("*",))),
        ("own", allow(not_actions=("iam:*",), resources=("*",))),
        ("own", allow(actions=("s3:*",), not_resources=("arn:aws:s3:::b",))),
    ],
)
def test_full_access_is_found_by_name_and_by_what_it_says(
    name: str, statement: PolicyStatement
) -> None:
    assert prove(given(statement, name), []).figures.full_access == 1


def test_a_policy_that_bounds_many_roles_counts_once() -> None:
    figures = prove(sandbox(), []).figures
    boundaries = {role.boundary.owner for role in sandbox().world.roles if role.boundary}
    own = sum(len(role.policies) + (role.trust is not None) for role in sandbox().world.roles)
    of_resources = sum(one.policy is not None for one in sandbox().world.resources)
    assert figures.policies == own + of_resources + len(boundaries)


class Page(HTMLParser):
    """Checks that elements are closed in order, and keeps texts and attributes."""

    VOID = ("meta", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def failing() -> Proof:
    return prove(sandbox(), [claim("open"), claim("public", FINDING)])


def test_the_section_is_well_formed_accessible_and_escaped() -> None:
    page = Page(section(failing(), level=3))
    assert "arn:aws:iam::111111111111:role/<b>reader</b>" in page.text
    tags = [tag for tag, _ in page.seen]
    assert "b" not in tags and "script" not in tags
    assert tags[:3] == ["section", "style", "h3"]
    assert {attrs.get("scope") for tag, attrs in page.seen if tag == "th"} == {"row", "col"}
    assert tags.count("caption") == tags.count("table") >= 2
    for text in ("name the bucket", "2 claims, 1 fails", "fails", "holds", "roles & all"):
        assert text in page.text, text


def test_the_section_needs_nothing_from_elsewhere_and_no_colour_of_its_own() -> None:
    text = section(failing())
    for part in ("http:", "https:", "url(", "src=", "href=", "@import", "color:"):
        assert part not in text, part


def test_the_matrix_names_what_a_role_reaches_itself_and_through_others() -> None:
    rows = {row["role"].rpartition("/")[2]: row for row in proof_json(failing())["matrix"]}
    training = rows["sandbox-dev-cultivar-training"]
    assert training["reaches"]["reads data"] == {"own": ["wines"], "through": []}
    pipeline = rows["sandbox-dev-cultivar-pipeline"]
    assert pipeline["reaches"]["reads data"] == {"own": [], "through": ["wines"]}
    assert "sandbox-dev-cultivar-pipeline" in section(failing())


def test_json_holds_what_a_finding_says() -> None:
    data = json.loads(json.dumps(proof_json(failing())))
    assert data["holds"] is False
    [_, public] = data["claims"]
    assert public["findings"] == [
        {
            "subject": FINDING.subject,
            "where": FINDING.where,
            "problem": FINDING.problem,
            "fix": FINDING.fix,
        }
    ]
    assert data["figures"]["roles"] == sandbox_roles()


def sandbox_roles() -> int:
    return sum(role.kind != "person" for role in sandbox().world.roles)


def groundplan(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


def test_the_command_says_why_and_exits_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "CLAIMS", (claim("open"), claim("public", FINDING)))
    done = groundplan("prove", SPEC)
    assert done.exit_code == 1
    for text in ("2 claims, 1 fails", "FAILS", FINDING.where, "fix: name the bucket"):
        assert text in done.stdout, text
    assert done.stderr == "public: does not hold, got 1 finding\n"
    assert groundplan("prove", SPEC, "--claim", "open").exit_code == 0


def test_the_command_names_every_wildcard_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "CLAIMS", (claim("open"),))
    assert "ecr:GetAuthorizationToken" not in groundplan("prove", SPEC).stdout
    assert "ecr:GetAuthorizationToken" in groundplan("prove", SPEC, "--wildcards").stdout


def test_the_command_shows_matrix_and_exceptions_on_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "CLAIMS", (claim("open"),))
    short = groundplan("prove", SPEC).stdout
    long = groundplan("prove", SPEC, "--matrix", "--exceptions").stdout
    for text in ("reads data", "AwsSolutions-IAM5"):
        assert text not in short and text in long, text


def test_fails_with_2_on_wrong_input(tmp_path: Path) -> None:
    missing = run_command("prove", tmp_path / "no.yaml")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "no.yaml" in missing.stderr and "Traceback" not in missing.stderr


def test_json_is_the_same_in_every_process() -> None:
    first, second = (run_command("prove", SPEC, "--format", "json") for _ in range(2))
    assert (first.returncode, first.stderr, first.stdout) == (0, "", second.stdout)
    assert json.loads(first.stdout)["holds"] is True
