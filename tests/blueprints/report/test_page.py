"""What the page holds, for every example and both engines, and that nothing in it is hostile."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests_support import ROOT, example_spec

from groundplan.blueprints.diff import compare, compare_permissions
from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.ref import to_json
from groundplan.blueprints.prove.claim import Finding, Verdict
from groundplan.blueprints.report import Changes, Content, page, pictures
from groundplan.blueprints.spec import load_spec
from groundplan.pipelines.drawing import graphviz

SECTIONS = [
    "summary", "accounts", "flow", "pipelines", "proof", "cost", "changes", "spec", "sources",
]  # fmt: skip
MOST_BYTES = 2_000_000
LOADS = {"href", "src", "srcset", "data", "action", "poster", "xlink:href"}
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Parsed(HTMLParser):
    """A page taken apart; complains of an element that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text += data

    def values(self, tag: str, name: str) -> list[str]:
        return [text for kind, attrs in self.tags if kind == tag and (text := attrs.get(name))]

    @property
    def ids(self) -> list[str]:
        return [text for _, attrs in self.tags if (text := attrs.get("id"))]


def assert_harmless(text: str) -> Parsed:
    """Nothing runs, nothing is loaded, and every link leads somewhere within the page."""
    found = Parsed(text)
    assert {"script", "iframe", "object", "embed", "img", "link", "base", "form"}.isdisjoint(
        tag for tag, _ in found.tags
    )
    for tag, attrs in found.tags:
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
        assert all((attrs[name] or "").startswith("#") for name in LOADS & attrs.keys()), attrs
    assert "url(" not in text and "@import" not in text
    assert len(found.ids) == len(set(found.ids))
    assert {link.removeprefix("#") for link in found.values("a", "href")} <= set(found.ids)
    return found


def test_every_section_is_there_for_every_example_and_both_engines(reported: Content) -> None:
    text = page(reported)
    found = assert_harmless(text)
    assert found.values("h2", "id") == SECTIONS
    assert found.values("a", "href")[:10] == ["#main", *(f"#{section}" for section in SECTIONS)]
    assert len(text.encode()) < MOST_BYTES
    figures = reported.proof.figures
    assert (
        f"{len(reported.proof.results)} of {len(reported.proof.results)} claims hold" in found.text
    )
    assert f"{len(reported.plan.places())} account" in found.text
    assert f"{figures.roles} roles" in found.text
    assert "0 FullAccess" in found.text
    for stack in reported.plan.stacks():
        assert stack.stack.name in found.text
    for pipeline in reported.pipelines:
        assert pipeline.name in found.text
        assert all(step.id.replace("_", " ") in found.text for step in pipeline.order())
    for result in reported.proof.results:
        assert result.sentence in found.text
        assert all(line in found.text for line in result.verdict.evidence)
    for line in reported.cost.costs[0].lines:
        assert line.what in found.text
    assert reported.source in found.text


@pytest.mark.skipif(graphviz() is None, reason="no Graphviz: pip install 'groundplan[pictures]'")
def test_every_picture_has_a_name_a_description_and_its_own_ids(reported: Content) -> None:
    text = page(reported)
    drawn = re.findall(r'<svg role="img"[^>]*><title>[^<]+</title><desc>[^<]+</desc>', text)
    assert (
        len(drawn)
        == text.count("<svg role=")
        == 1 + len(reported.plan.places()) + len(reported.pipelines)
    )
    assert not re.search(r'(fill|stroke)="(?!none)', text.partition("gp-cost")[0])


def test_no_table_is_without_caption_and_headers(sandbox: Content) -> None:
    text = page(sandbox)
    tables = re.findall(r"<table.*?</table>", text, flags=re.DOTALL)
    assert tables
    for table in tables:
        assert re.match(r"<table[^>]*><caption>[^<]+</caption>", table), table[:200]
        assert 'scope="col"' in table and 'scope="row"' in table


def test_without_graphviz_the_tables_are_open_instead(
    sandbox: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "graphviz", lambda: None)
    text = page(sandbox)
    found = assert_harmless(text)
    assert "<svg role=" not in text
    assert found.values("h2", "id") == SECTIONS
    closed = [attrs for tag, attrs in found.tags if tag == "details" and "open" not in attrs]
    everything = [attrs for tag, attrs in found.tags if tag == "details"]
    assert len(everything) - len(closed) == len(sandbox.plan.places()) + 1


HOSTILE = "</pre></details><script>alert(1)</script><img src=x onerror=alert(2)>"


def test_what_a_user_writes_is_text_and_nothing_else(sandbox: Content) -> None:
    spec = sandbox.spec.model_copy(
        update={
            "datasets": (
                sandbox.spec.datasets[0].model_copy(
                    update={"writers": (f"arn:aws:iam::111111111111:role/{HOSTILE}",)}
                ),
            )
        }
    )
    finding = Finding(subject=HOSTILE, where=HOSTILE, problem=HOSTILE, fix=HOSTILE)
    first, *rest = sandbox.proof.results
    verdict = Verdict(claim=first.id, checked=1, evidence=(HOSTILE,), findings=(finding,))
    proof = replace(sandbox.proof, results=(replace(first, verdict=verdict), *rest))
    same = to_json(sandbox.plan)
    changes = Changes(
        since=HOSTILE,
        resources=compare(same, same),
        permissions=compare_permissions(same, same),
        cost=None,
    )
    text = page(
        replace(
            sandbox,
            spec=spec,
            source=f"# {HOSTILE}\n",
            file_name=f"{HOSTILE}.yaml",
            proof=proof,
            changes=changes,
        )
    )
    found = assert_harmless(text)
    assert found.text.count(HOSTILE) >= 8
    assert f"{len(rest)} of {len(rest) + 1} claims hold" in found.text


def test_changes_name_lost_data_wider_permissions_and_the_cost(sandbox: Content) -> None:
    path = ROOT / "examples" / "churn" / "groundplan.yaml"
    old = to_json(plan(load_spec(path)))
    new = to_json(plan(example_spec("sandbox")))
    changes = Changes(
        since="old.json",
        resources=compare(old, new),
        permissions=compare_permissions(old, new),
        cost=None,
    )
    assert changes.resources.refused()
    found = assert_harmless(page(sandbox.with_changes(changes)))
    assert "Changes since old.json" in found.text
    assert "Data is lost or left behind: " in found.text
    assert "What it did cost is not known" in found.text
    for change in changes.resources.changes:
        assert change.id in found.text
    for item in changes.permissions.newcomers:
        assert item.subject in found.text


def test_the_same_content_gives_the_same_page(sandbox: Content) -> None:
    assert page(sandbox) == page(sandbox)
