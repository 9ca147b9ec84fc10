import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundplan.pipelines.dag import Pipeline, dependencies
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.steps import Condition, Fingerprint, ResolveDataset, ServiceCall, Step
from groundplan.pipelines.values import Execution, Join, NumberOutput, ObjectOutput, TextOutput

DATASET = ResolveDataset(id="dataset", uri="s3://bucket/prefix/")
READER = Fingerprint(id="reader", parts=(("data", TextOutput("dataset", "version")),))


def pipeline(*steps: Step, **options: object) -> Pipeline:
    return Pipeline(name="test", steps=steps, timeout_seconds=60, **options)  # type: ignore[arg-type]


def test_orders_by_dependency_and_keeps_the_given_order_otherwise() -> None:
    last = ResolveDataset(id="last", uri="s3://bucket/last/", after=("reader",))
    other = ResolveDataset(id="other", uri="s3://bucket/other/")

    built = pipeline(last, READER, other, DATASET)

    assert [step.id for step in built.order()] == ["other", "dataset", "reader", "last"]
    assert built.edges() == (("dataset", "reader"), ("reader", "last"))


def test_finds_references_at_any_depth() -> None:
    nested = Join(("a", Execution("id"), TextOutput("dataset", "version")))
    step = Fingerprint(id="reader", after=("first",), parts=(("x", nested),))

    assert dependencies(step) == ("first", "dataset")


@pytest.mark.parametrize(
    ("steps", "options", "message"),
    [
        ((), {}, "steps: a pipeline needs a step, got (); add one"),
        (
            (DATASET, DATASET),
            {},
            "steps[1].id: two steps have one id, got 'dataset'; rename one of them",
        ),
        (
            (ResolveDataset(id="Data", uri="s3://b/"),),
            {},
            (
                "steps[0].id: no valid step id, got 'Data'; use lowercase words joined by _, "
                "at most 12 characters, none of failure, parameters, states"
            ),
        ),
        (
            (ResolveDataset(id="data", uri="s3://b/", after=("first",)),),
            {},
            "steps[data].after: no such step, got 'first'; use one of data",
        ),
        (
            (READER,),
            {},
            (
                "steps[reader]: reads a step that is not there, got 'dataset.version'; "
                "use one of reader"
            ),
        ),
        (
            (DATASET, Fingerprint(id="reader", parts=(("x", TextOutput("dataset", "size")),))),
            {},
            (
                "steps[reader]: reads an output that its step does not produce, got 'dataset.size'; "
                "use one of version, objects"
            ),
        ),
        (
            (DATASET, Fingerprint(id="reader", parts=(("x", TextOutput("dataset", "objects")),))),
            {},
            (
                "steps[reader]: wants a text but the output is of kind number, got 'dataset.objects'; "
                "read another output"
            ),
        ),
        (
            (ResolveDataset(id="dataset", uri="s3://b/", on_failure="continue"), READER),
            {},
            (
                "steps[reader]: reads a step whose failure is passed over, got 'dataset.version'; "
                "set on_failure of step dataset to fail, or say what else to use (Either)"
            ),
        ),
        (
            (DATASET,),
            {"outputs": (("report", ObjectOutput("dataset", "report")),)},
            (
                "outputs[report]: reads an output that its step does not produce, "
                "got 'dataset.report'; use one of version, objects"
            ),
        ),
        (
            (
                ResolveDataset(id="a", uri="s3://b/", after=("c",)),
                ResolveDataset(id="b", uri="s3://b/", after=("a",)),
                ResolveDataset(id="c", uri="s3://b/", after=("b",)),
            ),
            {},
            (
                "steps: steps wait for each other, got 'a -> c -> b -> a'; "
                "remove one of these dependencies"
            ),
        ),
    ],
)
def test_fails_when_steps_do_not_fit(
    steps: tuple[Step, ...], options: dict[str, object], message: str
) -> None:
    with pytest.raises(PipelineError) as caught:
        pipeline(*steps, **options)

    assert str(caught.value) == message


def test_fails_when_a_reader_may_run_although_its_producer_was_skipped() -> None:
    when = Condition(output=NumberOutput("size", "objects"), comparison="at_least", value=1)
    size = ResolveDataset(id="size", uri="s3://b/")
    skipped = ResolveDataset(id="dataset", uri="s3://b/", when=(when,))
    same = Fingerprint(id="reader", parts=READER.parts, when=(when,))

    pipeline(size, skipped, same)
    with pytest.raises(PipelineError, match="reads a step that may be skipped"):
        pipeline(size, skipped, READER)


def test_a_service_call_produces_what_it_names() -> None:
    call = ServiceCall(
        id="call",
        service="sns",
        action="publish",
        arguments=(),
        results=(("message", "text", "MessageId"),),
    )

    pipeline(call, Fingerprint(id="reader", parts=(("m", TextOutput("call", "message")),)))


@st.composite
def graphs(draw: st.DrawFn) -> dict[int, set[int]]:
    size = draw(st.integers(1, 8))
    node = st.integers(0, size)  # `size` itself is a node that is not there
    return {number: draw(st.sets(node, max_size=3)) for number in range(size)}


@given(graphs(), st.booleans())
def test_accepts_a_graph_exactly_when_it_is_complete_and_acyclic(
    graph: dict[int, set[int]], by_output: bool
) -> None:
    def step(number: int) -> Step:
        needed = sorted(graph[number])
        if by_output:
            parts = tuple((f"p{other}", TextOutput(f"s{other}", "value")) for other in needed)
            return Fingerprint(id=f"s{number}", parts=parts)
        after = tuple(f"s{other}" for other in needed)
        return Fingerprint(id=f"s{number}", parts=(), after=after)

    complete = all(other in graph for needed in graph.values() for other in needed)
    left = dict(graph)
    while ready := [number for number, needed in left.items() if not needed & left.keys()]:
        for number in ready:
            del left[number]
    steps = tuple(step(number) for number in graph)

    if complete and not left:
        ordered = [built.id for built in pipeline(*steps).order()]
        assert sorted(ordered) == sorted(built.id for built in steps)
        for number, needed in graph.items():
            for other in needed:
                assert ordered.index(f"s{other}") < ordered.index(f"s{number}")
    else:
        with pytest.raises(PipelineError):
            pipeline(*steps)
