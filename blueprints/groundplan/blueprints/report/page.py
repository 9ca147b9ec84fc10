"""The page: one HTML file that needs nothing else, no script and no network."""

import hashlib
from importlib.metadata import version
from importlib.resources import files

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from groundplan.blueprints.cost.picture import picture
from groundplan.blueprints.prove.html import section
from groundplan.blueprints.prove.needs.tables import sources as documentation
from groundplan.blueprints.prove.words import claims_line
from groundplan.blueprints.report import accounts, changed, costs, flow, pictures
from groundplan.blueprints.report.content import Content
from groundplan.blueprints.report.figures import tiles


def page(content: Content) -> str:
    """Return the report on a project: the same bytes for the same content."""
    environment = Environment(
        loader=FileSystemLoader(str(files("groundplan.blueprints.report"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found, goes = accounts.accounts(content), flow.flows(content)
    style = files("groundplan.blueprints.report").joinpath("page.css").read_text("utf-8")
    return environment.get_template("page.html.jinja").render(
        style=Markup(style),
        version=version("groundplan"),
        content=content,
        spec=content.spec,
        plan=content.plan,
        digest=hashlib.sha256(content.plan.canonical_json().encode()).hexdigest(),
        tiles=tiles(content),
        accounts=found,
        account_pictures=pictures.of_accounts(found),
        flows=goes,
        flow_picture=pictures.of_flows(content, goes),
        pipelines=pictures.of_pipelines(content),
        claims=claims_line(content.proof),
        proof=Markup(section(content.proof, level=2, folded=True)),
        costs=costs,
        cost_picture=Markup(picture(content.cost)) if _has_hours(content) else None,
        sources=costs.sources(content.cost),
        changed=changed,
        changes=content.changes,
        documentation=_documentation(),
    )


def _has_hours(content: Content) -> bool:
    """Return whether there are instances whose week can be drawn."""
    return any(use.line.price is not None for cost in content.cost.costs for use in cost.uses)


def _documentation() -> tuple[str, ...]:
    """Return the pages of AWS's documentation that the proof rests on, with the day of each."""
    values = vars(documentation)
    return tuple(sorted({text for name, text in values.items() if name.isupper()}))
