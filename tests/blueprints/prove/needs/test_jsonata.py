"""What an expression can give, as patterns."""

import pytest

from groundplan.blueprints.prove.needs.jsonata import Expression
from groundplan.blueprints.prove.needs.patterns import UNKNOWN, Result, Value

VARIABLES: dict[str, Value] = {
    "states": {"result": Result(), "input": UNKNOWN, "context": UNKNOWN},
    "target": {"stack": frozenset({"a-serving", "b-serving"}), "alarms": frozenset({"x,y"})},
    "window": {"uri_*": frozenset({"s3://b/k/*"}), "keys": frozenset({"k/*"})},
}


def texts(text: str) -> set[str]:
    expression = Expression(
        text,
        lambda name: VARIABLES.get(name, UNKNOWN),
        lambda result: frozenset({f"<{'.'.join(result.path)}>"}),
    )
    return set(expression.texts(expression.value()))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("'a-' & $substring($hash($states.context.Execution.Id), 0, 16) & '-train'", {"a-*-train"}),
        ("$target.stack", {"a-serving", "b-serving"}),
        ('($exists($target.stack) ? $target.stack : "")', {"", "a-serving", "b-serving"}),
        ("$split($target.alarms, ',')", {"x", "y"}),
        ("$merge([{'Bucket': \"b\"}, $more ? {'Token': $token} : {}]).Bucket", {"b"}),
        ('$lookup({"m": {"n": "1"}, "o": {"n": "2"}}, $which).n', {"1", "2"}),
        ('$lookup({"m": {"n": "1"}, "o": {"n": "2"}}, \'m\').n', {"1"}),
        ("$string($lookup($states.result.Metadata, 'own.uri')) & ''", {"<Metadata.own.uri>"}),
        ("$states.result.Containers[0].Image", {"<Containers.Image>"}),
        ("$substringAfter('s3://b/k/*', 's3://b/')", {"k/*"}),
        ("$window.uri_0", {"s3://b/k/*"}),
        ("($uri := 's3://b/' & $window.keys[$i]; {'a': $uri}).a", {"s3://b/k/*"}),
        ("$map(['a', 'b'], function($v) { $v & '.json' })", {"a.json", "b.json"}),
        ("$contains($x, /json/i) ? 'yes' : 'no'", {"yes", "no"}),
        ("$a + 1", {"*"}),
        ("$unheard.of", {"*"}),
        ("$x ~> $y", {"*"}),
        ("'unfinished", {"*"}),
        ("(", {"*"}),
        ("", {"*"}),
    ],
)
def test_an_expression_gives_its_patterns(text: str, found: set[str]) -> None:
    assert texts(text) == found
