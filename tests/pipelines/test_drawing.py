"""Pictures that a reader can trust: every step, every dependency, readable in the dark."""

import re
from xml.etree import ElementTree

import pytest

from groundplan.pipelines.dag import ParameterSpec, Pipeline
from groundplan.pipelines.drawing import graphviz, mermaid, svg
from groundplan.pipelines.steps import Condition, Fingerprint, Notify
from groundplan.pipelines.values import Failure, Parameter, TextOutput

PIPELINE = Pipeline(
    name="churn-prod-training",
    parameters=(ParameterSpec(name="force", default="no", description="Train again."),),
    steps=(
        Fingerprint(id="first", parts=()),
        Fingerprint(id="second", parts=(("a", TextOutput("first", "value")),)),
        Fingerprint(
            id="third",
            parts=(("a", TextOutput("first", "value")),),
            after=("second",),
            when=(Condition(output=Parameter("force"), comparison="equals", value='"<yes>"'),),
        ),
    ),
    on_failure=(
        Notify(id="notify", topic_arn="arn:topic", subject="failed", message=Failure("cause")),
    ),
    timeout_seconds=60,
)


def test_mermaid_shows_steps_conditions_and_what_follows_a_failure() -> None:
    assert mermaid(PIPELINE) == (
        "flowchart TD\n"
        "  %% churn-prod-training\n"
        '  first("first<br/>fingerprint")\n'
        '  second("second<br/>fingerprint")\n'
        '  third("third<br/>fingerprint")\n'
        "  first --> second\n"
        '  second -.->|"force = #quot;#lt;yes#gt;#quot;"| third\n'
        '  subgraph on_failure ["when a step has failed"]\n'
        '    notify("notify")\n'
        "  end\n"
    )


@pytest.mark.skipif(graphviz() is None, reason="no Graphviz: pip install 'groundplan[pictures]'")
def test_svg_is_self_contained_and_follows_dark_mode() -> None:
    text = svg(PIPELINE)

    root = ElementTree.fromstring(text)
    words = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"first", "second", "third", "notify", "when a step has failed"} <= words
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r'(fill|stroke)="(black|#)', text)
    assert re.findall(r'(?:href|src)="', text) == []
    assert text == svg(PIPELINE)
