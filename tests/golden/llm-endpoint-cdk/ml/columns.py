"""Which columns hold texts.

A row has a `PROMPT` and the `COMPLETION` that should follow, or a `TEXT` to go on with.
"""

PROMPT = "prompt"
COMPLETION = "completion"
TEXT = "text"
