"""What the spec says of the columns: features and quality rules of the datasets trained on.

`table` decides by it what a column is; what is not described here is told by the data itself. The
label is hyperparameter ``label``, else `LABEL`, else the last column.
"""

LABEL: str | None = "progressed"
POSITIVE: str | None = "1"

Described = tuple[str, str | None, tuple[str, ...], bool]
# name, type, allowed values, whether no value occurs twice
DESCRIBED: tuple[Described, ...] = (
    ("age", "integer", (), False),
    ("sex", "string", (), False),
    ("bmi", "float", (), False),
    ("blood_pressure", "float", (), False),
    ("progressed", "integer", (), False),
    ("patient_id", "string", (), True),
    ("age", "integer", (), False),
    (
        "sex",
        None,
        (
            "1",
            "2",
        ),
        False,
    ),
    ("bmi", "float", (), False),
    (
        "progressed",
        "integer",
        (
            "0",
            "1",
        ),
        False,
    ),
)
