from collections.abc import Callable

import pytest

Edited = Callable[..., list[str]]
PATH = "models[0].serving"
SIZED = (
    "      instances: {min: 2, max: 4, target_invocations_per_minute: 600}\n",
    (
        "      traffic: {base_rps: 2, peak_rps: 9, peak_hours: [8]}\n"
        "      service_time_ms: {mean: 38}\n"
        "      latency: {max_ms: 250}\n"
        "      sizing: {workers: 2}\n"
    ),
)
MEASURED = "{instance: ml.g5.xlarge, concurrency: 1, p50_ms: 9, p99_ms: 30}"


def found(edited: Edited, *edits: tuple[str, str]) -> list[str]:
    """Return the errors of a sized endpoint; what is not built yet is beside the point here."""
    old, text = SIZED
    for before, after in edits:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return [line for line in edited((old, text)) if "is not built yet" not in line]


def test_a_sized_endpoint_is_accepted(edited: Edited) -> None:
    assert found(edited) == []
    assert found(edited, ("{workers: 2}", f"{{measured: [{MEASURED}]}}"),
                 ("      service_time_ms: {mean: 38}\n", "")) == []  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("      latency: {max_ms: 250}\n", "",
         "traffic: sizing needs a latency target, got none; add one such as 'latency: {max_ms: 250}'"),
        ("      service_time_ms: {mean: 38}\n", "",
         ("traffic: sizing needs the time that a request takes, got none; add one such as "
         "'service_time_ms: {mean: 40}', or 'sizing.measured'")),
        ("base_rps: 2,", "",
         ("traffic: needs exactly one of profile, rps and base_rps, got none; add 'base_rps', or name "
         "a file in 'profile'")),
        ("base_rps: 2,", "base_rps: 2, profile: a.csv,",
         ("traffic: needs exactly one of profile, rps and base_rps, got profile, base_rps; keep one "
         "of them")),
        ("base_rps: 2, peak_rps: 9, ", "profile: a.csv, ",
         ("traffic.peak_hours: means nothing without base_rps, got a value; remove it, or add "
         "'base_rps'")),
        ("peak_rps: 9, ", "",
         ("traffic.peak_hours: means nothing without peak_rps, got a value; remove it, or add "
         "'peak_rps'")),
        ("peak_rps: 9", "peak_rps: 1",
         "traffic.peak_rps: must be at least base_rps, which is 2, got 1; raise it"),
        ("base_rps: 2, peak_rps: 9, peak_hours: [8]", f"rps: [{', '.join('1' * 169)}]",
         ("traffic.rps: must have the 168 hours of a week, or the 8760 or 8784 of a year, got 169 "
         "values; give one value for every hour")),
        ("{workers: 2}", f"{{measured: [{MEASURED}]}}",
         ("service_time_ms: measured latencies say it already, got both; remove it, or remove "
         "sizing.measured")),
        ("peak_hours: [8]", "peak_hours: [24]",
         "traffic.peak_hours[0]: must be at most 23, got 24; change it"),
        ("peak_hours: [8]", "peak_hours: [8], time_zone: Europe/Berlln",
         ("traffic.time_zone: unknown time zone, got 'Europe/Berlln'; did you mean "
         "'Europe/Berlin'?")),
        ("max_ms: 250", "max_ms: 250, percentile: 100",
         "latency.percentile: must be at most 99.9, got 100; change it"),
    ],
)  # fmt: skip
def test_fails_on_what_cannot_be_sized(old: str, new: str, message: str, edited: Edited) -> None:
    assert found(edited, (old, new)) == [f"{PATH}.{message}"]


@pytest.mark.parametrize(
    ("level", "message"),
    [
        (MEASURED.replace("p99_ms: 30", "p99_ms: 3"),
         "sizing.measured[0].p99_ms: must be at least p50_ms, which is 9, got 3; correct one of them"),
        (MEASURED.replace("g5.xlarge", "m5.large"),
         ("sizing.measured: has no level of ml.g5.xlarge, which serves, got 'ml.m5.large'; measure "
         "it, or serve with a type that was measured")),
        (f"{MEASURED}, {MEASURED}",
         ("sizing.measured[1].concurrency: ml.g5.xlarge has this level twice, got 1; remove one of "
         "them")),
    ],
)  # fmt: skip
def test_fails_on_wrong_measurements(level: str, message: str, edited: Edited) -> None:
    edits = (("{workers: 2}", f"{{measured: [{level}]}}"),
             ("      service_time_ms: {mean: 38}\n", ""))  # fmt: skip
    assert found(edited, *edits) == [f"{PATH}.{message}"]


def test_fails_on_both_traffic_and_instances(edited: Edited) -> None:
    messages = edited((SIZED[0], SIZED[0] + SIZED[1]))

    assert (f"{PATH}.instances: instances follow from traffic, got both; remove it, or remove traffic"
            in messages)  # fmt: skip


def test_fails_on_what_means_nothing_without_traffic(edited: Edited) -> None:
    messages = found(edited, ("      traffic: {base_rps: 2, peak_rps: 9, peak_hours: [8]}\n", ""))

    assert messages == [
        f"{PATH}.{field}: means nothing without traffic, got a value; remove it, or add 'traffic'"
        for field in ("service_time_ms", "latency", "sizing")
    ]


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ("{prefer: [ml.g5.2xlarge, ml.g6.2xlarge]}",
         "{accelerators: 1, prefer: [ml.g5.2xlarge, ml.g6.2xlarge]}", []),
        ("{prefer: [ml.g5.2xlarge, ml.g6.2xlarge]}",
         "{accelerators: 4, prefer: [ml.g5.2xlarge, ml.g5.12xlarge]}",
         [("models[0].training.instance.prefer[0]: does not have what is required, or is not known "
          "to, got 'ml.g5.2xlarge'; remove it, or lower the requirement")]),
        ("      instance: ml.g5.xlarge\n", "      instance: {accelerator_memory_gib: 20}\n", []),
        ("      instance: ml.g5.xlarge\n", "      instance: {}\n",
         [("models[0].serving.instance: requires nothing, got {}; add a requirement such as "
          "'memory_gib: 16', or name a type")]),
    ],
)  # fmt: skip
def test_types_have_what_is_required(
    old: str, new: str, messages: list[str], edited: Edited
) -> None:
    assert edited((old, new)) == messages
