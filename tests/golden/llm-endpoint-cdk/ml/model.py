"""A language model of bytes: a prompt to its continuation; what all programs share.

A request's row has a ``prompt`` (or a ``text`` to go on with), and may have ``max_new_tokens``,
``temperature`` (0, the default, always takes the likeliest byte) and ``seed``. Its answer is
``{"completion": text, "tokens": how many bytes were made}``.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from columns import COMPLETION, PROMPT, TEXT
from learning import device, settle
from torch import Tensor, nn

BEGIN, END = 256, 257  # beside the 256 bytes
TOKENS = 258
NEW_TOKENS = 32
MAX_NEW_TOKENS = 512
MAX_TEMPERATURE = 10
MAX_SEED = 2**32 - 1

Row = Mapping[str, Any]
Case = tuple[list[int], int]
Past = list[tuple[Tensor, Tensor]]
"""Keys and values of each block, for the tokens so far."""


@dataclass(frozen=True)
class About:
    """What a model says of itself, in ``model.json``."""

    context: int
    """Longest text in tokens."""
    width: int
    layers: int
    heads: int
    dropout: float


@dataclass(frozen=True)
class Model:
    """A network, and how to ask it."""

    about: About
    network: "Network"


class Block(nn.Module):  # type: ignore[misc]  # where torch is not installed
    """Attention to the tokens before, then a layer of each token's own."""

    def __init__(self, about: About) -> None:
        super().__init__()
        self.heads = about.heads
        self.dropout = about.dropout
        self.before = nn.LayerNorm(about.width)
        self.attend = nn.Linear(about.width, 3 * about.width)
        self.project = nn.Linear(about.width, about.width)
        self.between = nn.LayerNorm(about.width)
        self.own = nn.Sequential(
            nn.Linear(about.width, 4 * about.width),
            nn.GELU(),
            nn.Linear(4 * about.width, about.width),
            nn.Dropout(about.dropout),
        )

    def forward(
        self, given: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The tokens' next state, and the keys and values for those that follow."""
        count, length, width = given.shape
        parts = self.attend(self.before(given)).reshape(count, length, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind()
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        seen = nn.functional.scaled_dot_product_attention(
            query,
            key,
            value,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=length > 1,  # a single token may see all
        )
        given = given + self.project(seen.transpose(1, 2).reshape(count, length, width))
        return given + self.own(self.between(given)), (key, value)


class Network(nn.Module):  # type: ignore[misc]  # where torch is not installed
    """A decoder-only transformer."""

    def __init__(self, about: About) -> None:
        super().__init__()
        self.tokens = nn.Embedding(TOKENS, about.width)
        self.places = nn.Embedding(about.context, about.width)
        self.blocks = nn.ModuleList(Block(about) for _ in range(about.layers))
        self.last = nn.LayerNorm(about.width)

    def forward(self, tokens: Tensor, past: Past | None = None) -> tuple[Tensor, Past]:
        """Scores of the token after each one; ``past`` is what an earlier call gave."""
        begin = past[0][0].shape[2] if past else 0
        places = torch.arange(begin, begin + tokens.shape[1], device=tokens.device)
        given, kept = self.tokens(tokens) + self.places(places), []
        for number, block in enumerate(self.blocks):
            given, pair = block(given, past[number] if past else None)
            kept.append(pair)
        return nn.functional.linear(self.last(given), self.tokens.weight), kept


def prompt_of(row: Row) -> str:
    """What to go on with.

    Raises:
        KeyError: If a row has neither a prompt nor a text.
        TypeError: If it is no text.
    """
    found = row[PROMPT] if PROMPT in row or TEXT not in row else row[TEXT]
    if not isinstance(found, str):
        raise TypeError(f"{PROMPT} must be a text")
    return found


def features(row: Row, context: int) -> list[Case]:
    """Tokens to learn from, at most one more than ``context``, and how many of them are only read.

    A completion is learned and its prompt read. Of a text without one everything is learned, in as
    many pieces as it takes.

    Raises:
        KeyError: If a row has no text.
    """
    if row.get(COMPLETION):
        rest = [*str(row[COMPLETION]).encode(), END]
        prompt = [BEGIN, *prompt_of(row).encode()][-max(1, context + 1 - len(rest)) :]
        return [([*prompt, *rest][: context + 1], len(prompt))]
    tokens = [BEGIN, *prompt_of(row).encode(), END]
    return [(tokens[at : at + context + 1], 1) for at in range(0, len(tokens) - 1, context)]


def start(about: About) -> Network:
    """A network with the weights that the random numbers give."""
    made = Network(about)
    for name, weights in made.named_parameters():
        if weights.dim() > 1:
            nn.init.normal_(weights, std=0.02)
        elif name.endswith("bias"):
            nn.init.zeros_(weights)
    return made


def save(directory: Path, model: Model) -> None:
    """Write what `load` reads."""
    weights = {name: value.cpu() for name, value in model.network.state_dict().items()}
    torch.save(weights, directory / "model.pt")
    described = json.dumps(asdict(model.about), indent=2, sort_keys=True)
    (directory / "model.json").write_text(described, encoding="utf-8")


def load(directory: Path) -> Model:
    """The model that training left in ``directory``, ready to answer."""
    settle(0)
    about = About(**json.loads((directory / "model.json").read_text("utf-8")))
    made = Network(about)
    weights = torch.load(directory / "model.pt", map_location="cpu", weights_only=True)
    made.load_state_dict(weights)
    return Model(about, made.to(device()).eval())


def go_on(model: Model, prompt: str, count: int, temperature: float, seed: int) -> list[int]:
    """At most ``count`` tokens after a prompt, of which the end is cut to fit the context."""
    place = device()
    room = max(1, model.about.context - count)
    tokens = [BEGIN, *prompt.encode()][-room:]
    dice = torch.Generator().manual_seed(seed)
    made: list[int] = []
    past: Past | None = None
    given = torch.tensor([tokens], device=place)
    with torch.inference_mode():
        while len(made) < count and len(tokens) + len(made) <= model.about.context:
            scores, past = model.network(given, past)
            last = scores[0, -1].double().cpu()
            last[BEGIN] = -torch.inf
            if temperature > 0:
                shares = torch.softmax(last / temperature, 0)
                token = int(torch.multinomial(shares, 1, generator=dice))
            else:
                token = int(last.argmax())
            if token == END:
                break
            made.append(token)
            given = torch.tensor([[token]], device=place)
    return made


def wish(row: Row, name: str, default: float, least: float, most: float) -> float:
    """A number that a request may give; the default where it gives none.

    Raises:
        ValueError: If it is no number between the bounds.
    """
    given = row.get(name)
    if given is None or given == "":  # a cell of a CSV file is empty, not missing
        return default
    try:
        found = float(given)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not least <= found <= most:
        raise ValueError(f"{name} must be from {least} to {most}")
    return found


def predict(model: Model, rows: Sequence[Row]) -> list[Any]:
    """The answer to each row, each by itself, so that it does not depend on what else is asked."""
    answers = []
    most = min(MAX_NEW_TOKENS, model.about.context - 1)
    for row in rows:
        count = int(wish(row, "max_new_tokens", min(NEW_TOKENS, most), 1, most))
        temperature = wish(row, "temperature", 0, 0, MAX_TEMPERATURE)
        seed = int(wish(row, "seed", 0, 0, MAX_SEED))
        made = go_on(model, prompt_of(row), count, temperature, seed)
        answers.append({"completion": bytes(made).decode(errors="replace"), "tokens": len(made)})
    return answers
