"""The cost of some projects as one self-contained HTML page."""

from html import escape

from groundplan.blueprints.cost.lines import source_of, span
from groundplan.blueprints.cost.picture import picture
from groundplan.blueprints.cost.report import CostReport

STYLE = """
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 16px/1.4 system-ui, sans-serif;
  color: #1b1f24; background: #ffffff; }
svg { width: 100%; height: auto; max-width: 48rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.2rem 0.6rem; border-bottom: 1px solid #8885; }
td.usd { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
@media (prefers-color-scheme: dark) { body { color: #e6e9ed; background: #14171a; } }
"""


def page(report: CostReport) -> str:
    """Return the picture, every line with its source, and what is not counted."""
    names = escape(", ".join(cost.project for cost in report.costs))
    rows = []
    for line in (line for cost in report.costs for line in cost.lines):
        usd = "?"
        if line.usd_least is not None and line.usd_most is not None:
            usd = span(line.usd_least, line.usd_most)
        amount = span(line.least, line.most)
        rows.append(
            f"<tr><td>{escape(line.id)}</td><td>{escape(line.what)}</td>"
            f'<td class="usd">{amount} {escape(line.unit)}s</td>'
            f'<td class="usd">{usd}</td><td>{escape(source_of(line))}</td></tr>'
        )
    total = report.total
    usd = span(total.least, total.most)
    missing = ", ".join(f"{amount.normalize():f} {unit}s" for unit, amount in total.missing)
    bound = f" A lower bound: no price is known for {escape(missing)}." if missing else ""
    skipped = [
        f"<li>{escape(f'{item.project}/{item.environment}: {item.what}: {item.why}')}</li>"
        for cost in report.costs
        for item in cost.not_counted
    ]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Cost of {names}</title><style>{STYLE}</style></head><body>",
            f"<h1>Cost of {names}</h1>",
            f"<p>{usd} USD a month of 730 hours on demand.{bound}</p>",
            picture(report),
            "<h2>Lines</h2><div><table><thead><tr>",
            "<th>id</th><th>what</th><th>quantity a month</th>",
            "<th>USD a month</th><th>source of the price</th></tr></thead><tbody>",
            *rows,
            "</tbody></table></div>",
            "<h2>Not counted</h2><ul>",
            *skipped,
            "</ul></body></html>",
            "",
        ]
    )
