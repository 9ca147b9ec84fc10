"""Templates of one's own: overrides, additions, and mistakes in them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.generator import Generated

Own = Callable[[dict[str, str]], Path]
Make = Callable[..., Generated]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "own" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path / "own"

    return write


def test_replaces_adds_leaves_out_and_extends(own: Own, make: Make) -> None:
    templates = own(
        {
            "repository/Makefile.jinja": "",
            "repository/NOTES.md.jinja": "{{ project }} by {{ engine }}\n",
            "repository/pyproject.toml": "# verbatim {{ project }}\n",
            "repository/requirements.txt.jinja": (
                '{% include "groundplan/repository/requirements.txt.jinja" %}\nmore==1\n'
            ),
            "environment/cdk/NAME.jinja": '{% from "shared/m.jinja" import b %}{{ b(environment) }}',
            "shared/m.jinja": "{% macro b(e) %}{{ e.name }} {{ e.place.account }}{% endmacro %}",
        }
    )

    made = make("sandbox", templates=templates)

    tree = made.rendered
    assert "Makefile" not in tree
    assert tree["NOTES.md"] == b"sandbox by cdk\n"
    assert tree["pyproject.toml"] == b"# verbatim {{ project }}\n"
    assert tree["requirements.txt"].endswith(b"\nmore==1\n")
    assert b"aws-cdk-lib==" in tree["requirements.txt"]
    assert tree["environments/dev/NAME"] == b"dev 111111111111"
    kept = made.directory / ".groundplan" / "templates" / "shared" / "m.jinja"
    assert kept.read_text() == (templates / "shared" / "m.jinja").read_text()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a\n{{ nope.x }}\n", 2, "UndefinedError: 'nope' is undefined"),
        ("a\n\n{{ spec.modls }}\n", 3, "has no attribute 'modls'"),
        ("a\n{% if %}\n", 2, "TemplateSyntaxError: "),
        ("{{ spec.models[7].name }}", 1, "UndefinedError: "),
        (
            "{% for x in spec.models %}\n{{ x.name }}\n{{ 1 / 0 }}\n{% endfor %}",
            3,
            "ZeroDivisionError",
        ),
        ('a\n{% include "repository/none" %}', 2, "TemplateNotFound: repository/none"),
    ],
)
def test_fails_by_file_and_line(
    own: Own, make: Make, tmp_path: Path, text: str, line: int, said: str
) -> None:
    templates = own({"repository/A.md.jinja": text})

    with pytest.raises(InputError) as found:
        make("sandbox", templates=templates)

    assert found.value.path == f"{templates}/repository/A.md.jinja:{line}"
    assert said in str(found.value)
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_fails_on_a_macro_by_the_file_that_holds_it(own: Own, make: Make) -> None:
    templates = own(
        {
            "repository/A.md.jinja": '{% from "shared/m.jinja" import b %}\n\n{{ b() }}',
            "shared/m.jinja": "{% macro b() %}\n{{ nothing.there }}\n{% endmacro %}",
        }
    )

    with pytest.raises(InputError) as found:
        make("sandbox", templates=templates)

    assert found.value.path == f"{templates}/shared/m.jinja:2"


def test_fails_on_bytes_that_are_no_text(own: Own, make: Make) -> None:
    templates = own({"repository/A.md.jinja": ""})
    (templates / "repository" / "A.md.jinja").write_bytes(b"\xff\xfe")

    with pytest.raises(
        InputError, match=r"A\.md\.jinja:1: template cannot be rendered, got .Unicode"
    ):
        make("sandbox", templates=templates)


def test_fails_on_a_misspelt_layer(own: Own, make: Make) -> None:
    templates = own({"environments/cdk/x.jinja": "x"})

    with pytest.raises(InputError) as found:
        make("sandbox", templates=templates)

    assert str(found.value).startswith(
        f"{templates}/environments/cdk/x.jinja: is in no layer of templates, got "
        "'environments/cdk/x'; put it into one of repository, environment/cdk, "
    )
