"""Which columns hold an image and what it shows, as the spec describes them.

The label is hyperparameter ``label``, else `LABEL`, else the last column.
"""

LABEL: str | None = None
POSITIVE: str | None = None
PIXELS = "pixels"
