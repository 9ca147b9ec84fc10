"""What the spec says of the columns: features and quality rules of the datasets trained on.

`table` decides by it what a column is; what is not described here is told by the data itself. The
label is hyperparameter ``label``, else `LABEL`, else the last column.
"""

LABEL: str | None = None
POSITIVE: str | None = None

Described = tuple[str, str | None, tuple[str, ...], bool]
# name, type, allowed values, whether no value occurs twice
DESCRIBED: tuple[Described, ...] = ()
