"""``groundplan size``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import echo_json, format_option, print_table
from groundplan.blueprints.errors import InputError

if TYPE_CHECKING:
    from groundplan.blueprints.plan.sizing.cloudwatch import Metrics, Series


@click.command()
@click.option(
    "--from",
    "files",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON of get-metric-data or get-metric-statistics; repeat for more.",
)
@click.option("--instance", required=True, help="Instance type that serves today.")
@click.option("--min", "least", type=click.IntRange(1, 1000), default=1, show_default=True,
              help="Fewest instances today.")  # fmt: skip
@click.option("--max", "most", type=click.IntRange(1, 1000),
              help="Most instances today.  [default: the fewest]")  # fmt: skip
@click.option("--target", type=click.FloatRange(min=0, min_open=True),
              help="Invocations per instance and minute that scaling aims at today.")  # fmt: skip
@click.option("--max-ms", type=click.FloatRange(min=0, min_open=True), required=True,
              help="Longest time that a request may take, in milliseconds.")  # fmt: skip
@click.option("--percentile", type=click.FloatRange(50, 99.9), default=99.0, show_default=True,
              help="Share of requests that must be that fast.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 512), default=1, show_default=True,
              help="Requests that one instance answers at a time.")  # fmt: skip
@click.option("--headroom", type=click.FloatRange(0, 5), default=0.2, show_default=True,
              help="Share of extra capacity.")  # fmt: skip
@click.option("--region", default="us-east-1", show_default=True, help="Region of the endpoint.")
@click.option("--time-zone", default="UTC", show_default=True, help="Zone in which peaks recur.")
@click.option("--development", is_flag=True, help="One instance is enough; default: two.")
@click.option("--prices", type=click.Path(path_type=Path), help="File of imported prices.")
@format_option
def command(
    files: tuple[Path, ...],
    instance: str,
    least: int,
    most: int | None,
    target: float | None,
    max_ms: float,
    percentile: float,
    workers: int,
    headroom: float,
    region: str,
    time_zone: str,
    development: bool,
    prices: Path | None,
    output: str,
) -> None:
    """Say what to change about an endpoint, from metrics that were exported from CloudWatch.

    Reads Invocations (Sum), ModelLatency and OverheadLatency (p50, p99), InvocationsPerInstance,
    CPUUtilization, MemoryUtilization and GPUUtilization of at least a week, in periods of up to an
    hour. Nothing is changed, and AWS is not called.
    """
    from groundplan.blueprints.catalogue import instance_types, regions, suggest
    from groundplan.blueprints.catalogue.price_book import price_book
    from groundplan.blueprints.plan.sizing import LatencyTarget
    from groundplan.blueprints.plan.sizing.advice import Current
    from groundplan.blueprints.plan.sizing.clock import zone
    from groundplan.blueprints.plan.sizing.right_size import right_size

    hosting = [name for name, known in instance_types().items() if known.hosting]
    for option, value, known in (
        ("--instance", instance, hosting),
        ("--region", region, regions()),
    ):
        if value not in known:
            near = suggest(value, known)
            fix = f"did you mean {near!r}?" if near else "use one that AWS has"
            raise InputError(option, "is not known", got=value, fix=fix)
    zone(time_zone)
    if most is not None and most < least:
        raise InputError(
            "--max", f"must be at least --min, which is {least}", got=most, fix="raise it"
        )
    result = right_size(
        _metrics(files),
        Current(
            instance_type=instance,
            min_instances=least,
            max_instances=most if most is not None else least,
            target_invocations_per_minute=target,
        ),
        LatencyTarget(max_ms=max_ms, percentile=percentile),
        region=region,
        prices=price_book(prices),
        workers=workers,
        headroom=headroom,
        production=not development,
        time_zone=time_zone,
        file=str(files[0]),
    )
    saving = result.saving_usd_per_month
    if output == "json":
        echo_json(
            {
                "advice": [
                    {"what": a.what, "now": a.now, "proposed": a.proposed, "why": a.why}
                    for a in result.advice
                ],
                "instances_now": round(result.instances_now, 4),
                "instances_proposed": round(result.instances_proposed, 4),
                "notes": list(result.notes),
                "saving_usd_per_month": None if saving is None else round(saving, 2),
                "service_time_ms": {
                    "cv": round(result.service.cv, 4),
                    "mean": round(result.service.mean_ms, 3),
                },
            }
        )
        return
    if result.advice:
        rows = [[a.what, a.now, a.proposed, a.why] for a in result.advice]
        print_table(f"{len(rows)} things to change", ["what", "now", "proposed", "why"], rows)
    else:
        click.echo("it fits: nothing to change")
    means = f"{result.instances_now:.2f} instances on average, {result.instances_proposed:.2f} as proposed"
    click.echo(means if saving is None else f"{means}: saves {saving:.2f} USD a month on demand")
    for note in result.notes:
        click.echo(f"- {note}")


def _metrics(files: tuple[Path, ...]) -> "Metrics":
    from groundplan.blueprints.plan.sizing.cloudwatch import MOST_BYTES, parse_metrics

    found: dict[str, Series] = {}
    for file in files:
        try:
            if file.stat().st_size > MOST_BYTES:
                raise InputError(
                    str(file), "is too large", got="more than 200 MB", fix="export less"
                )
            text = file.read_text("utf-8")
        except (OSError, ValueError) as exc:
            reason = getattr(exc, "strerror", None) or "other bytes than UTF-8"
            raise InputError(
                str(file), "cannot be read", got=reason.lower(), fix="check the path"
            ) from exc
        for key, series in parse_metrics(text, str(file)).items():
            if key in found:
                raise InputError(
                    str(file), "another file has this series too", got=key, fix="leave one out"
                )
            found[key] = series
    return found
