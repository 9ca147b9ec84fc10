"""The training loop of PyTorch models: on a GPU if there is one, else the same bits on every run.

An interruption costs nothing but the time since the last checkpoint, in the middle of an epoch too:
what is kept are weights, optimizer, position in the data and the state of the random numbers.
"""

import io
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # before CUDA starts; see torch's notes

import torch
from job import Checkpoints, hyperparameter
from torch import Tensor, nn
from tracking import record

MAX_THREADS = 4  # small models do not get faster with more

LossOf = Callable[[Tensor], Tensor]
"""The mean loss of the cases with these indices."""


def device() -> torch.device:
    """Where to compute."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def settle(seed: int) -> None:
    """Make what follows the same on every run, as far as the hardware can."""
    torch.set_num_threads(min(MAX_THREADS, torch.get_num_threads()))
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.manual_seed(seed)


def dumps(state: Any) -> bytes:
    """The bytes of a state."""
    stream = io.BytesIO()
    torch.save(state, stream)
    return stream.getvalue()


def loads(content: bytes) -> Any:
    """The state that `dumps` made bytes of; no code in them is run."""
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


@dataclass
class Progress:
    """Where a training is."""

    epoch: int = 0
    begin: int = 0
    """First case of the next batch."""
    loss_sum: float = 0.0
    """Of this epoch's cases so far."""
    mean: float = 0.0
    """Mean loss of the epoch before."""


def learn(network: nn.Module, loss_of: LossOf, cases: int, *, epochs: int, seed: int) -> float:
    """Train ``network``, which is on `device`; the mean loss of the last epoch.

    Args:
        network: What learns.
        loss_of: The loss that is made small; runs in mixed precision on a GPU.
        cases: How many cases there are.
        epochs: How often each is seen.
        seed: Of the order of the cases.

    Raises:
        ValueError: If there is nothing to do, or the loss is no number any more.
    """
    place, size = device(), hyperparameter("batch_size", 64)
    if epochs < 1 or size < 1:
        raise ValueError(f"epochs and batch_size must be at least 1, got {epochs} and {size}")
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=hyperparameter("learning_rate", 0.002),
        weight_decay=hyperparameter("weight_decay", 0.01),
    )
    precision = _precision()
    # float16 has so few exponents that small gradients vanish unless they are scaled
    scaler = torch.amp.GradScaler(place.type, enabled=precision is torch.float16)
    at, checkpoints = Progress(), Checkpoints(dumps, loads)

    def state() -> dict[str, Any]:
        return {
            "progress": asdict(at),
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scaler": scaler.state_dict(),
            "random": torch.get_rng_state(),
            "cuda_random": torch.cuda.get_rng_state() if place.type == "cuda" else None,
        }

    saved = checkpoints.load()
    if saved is not None:
        at = Progress(**saved["progress"])
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        if saved["scaler"]:  # nothing, if what it was saved on needs no scaling
            scaler.load_state_dict(saved["scaler"])
        torch.set_rng_state(saved["random"])
        if place.type == "cuda" and saved["cuda_random"] is not None:
            torch.cuda.set_rng_state(saved["cuda_random"])
    network.train()
    while at.epoch < epochs:
        # the order follows from seed and epoch alone, so that a resumed epoch has the same
        order = torch.randperm(cases, generator=torch.Generator().manual_seed(seed + at.epoch))
        while at.begin < cases:
            chosen = order[at.begin : at.begin + size]
            with torch.autocast(place.type, precision, enabled=place.type == "cuda"):
                loss = loss_of(chosen)
            optimizer.zero_grad(set_to_none=True)
            scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
            at.loss_sum += loss.item() * len(chosen)
            at.begin += len(chosen)
            if at.begin < cases and checkpoints.due:
                checkpoints.save(state())
        at = Progress(epoch=at.epoch + 1, mean=at.loss_sum / cases)
        if not math.isfinite(at.mean):
            raise ValueError(f"the loss of epoch {at.epoch} is {at.mean}; lower learning_rate")
        print(f"epoch {at.epoch} of {epochs}: loss {at.mean:.6f}", flush=True)
        record(at.epoch, train_loss=at.mean)
        if checkpoints.due:
            checkpoints.save(state())
    return at.mean


def _precision() -> torch.dtype:
    """What is computed in on a GPU beside float32: its own bfloat16 if it has it."""
    if torch.cuda.is_available() and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float16
    return torch.bfloat16
