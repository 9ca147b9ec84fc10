"""What defining a project costs with Pulumi, beside CDK: import, definition, memory, as whole processes."""

import tempfile
from pathlib import Path

from benchmarks.measure import cost, memory, python

ROOT = Path(__file__).parent.parent
SPEC = ROOT / "examples" / "vision" / "groundplan.yaml"
Row = tuple[str, str, str, str]

ZONES = """
from groundplan.stacks.pulumi.recording import Nothing
class Zones(Nothing):
    def call(self, token, arguments):
        return {"id": "zones", "names": ["a", "b", "c", "d", "e", "f"]}
"""
REGISTER = """
from groundplan.blueprints.plan import plan
from groundplan.blueprints.spec import load_spec
from groundplan.stacks.pulumi import add_project
from groundplan.stacks.pulumi.recording import record
resources = 0
for part in plan(load_spec(SPEC), engine="pulumi").parts():
    made = record(lambda: add_project(SPEC, part=part), stack=part, backend=Zones())
    resources += sum(item.custom for item in made.registrations)
"""
SYNTHESISE = """
from groundplan.stacks.cdk import add_project, new_app
app = new_app(outdir=OUT)
add_project(app, SPEC)
stacks = app.synth().stacks_recursively
resources = sum(len(stack.template["Resources"]) for stack in stacks)
"""


def rows(runs: int) -> list[Row]:
    """Measure both engines, one process a run."""
    with tempfile.TemporaryDirectory() as made:
        head = f"SPEC = {str(SPEC)!r}\nOUT = {made + '/cdk.out'!r}\n"
        pulumi, cdk = head + ZONES + REGISTER, head + SYNTHESISE
        imported = cost(python("import groundplan.stacks.pulumi"), runs=runs)
        other = cost(python("import groundplan.stacks.cdk"), runs=runs)
        registered, synthesised = cost(python(pulumi), runs=runs), cost(python(cdk), runs=runs)
        (resources, own), (theirs, more) = _memory(pulumi), _memory(cdk)
    return [
        (
            "import of groundplan.stacks.pulumi",
            f"{imported.cpu:.2f} s CPU",
            f"CDK's: {other.cpu:.2f} s, Node included",
            "no target",
        ),
        (
            f"programs of vision with Pulumi, all parts ({resources} resources)",
            f"{registered.cpu:.2f} s CPU",
            f"CDK's {theirs} resources: {synthesised.cpu:.2f} s, Node included",
            "no target",
        ),
        (
            "their memory",
            f"{own:.0f} MiB",
            f"CDK's: {more:.0f} MiB, Node included",
            "no target",
        ),
    ]


def _memory(code: str) -> tuple[int, float]:
    mebibytes, printed = memory(python(f"{code}print(resources)"))
    return int(printed.splitlines()[-1]), mebibytes
