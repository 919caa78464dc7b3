"""An encoder of sentences with published weights, and the mean over a sentence's tokens."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NOT_NEEDED = "pooler."  # a layer above the first token, which some files lack and no mean sees


class SentenceEncoder(nn.Module):
    """Tokens int64 (n, length), filled with 0, to sentences float32 (n, width) of length 1.

    The network is what the library transformers builds from the files of a folder: BERT, MiniLM, GPT. A sentence is
    the mean of its last layer over what is no filling (Reimers and Gurevych, EMNLP 2019).
    """

    def __init__(self, folder: Path) -> None:
        """Raises ValueError where the files lack a part of the network, which would be random."""
        super().__init__()
        from transformers import AutoModel
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # that heads are not used, which is meant
        self.net, found = AutoModel.from_pretrained(
            folder, local_files_only=True, dtype=torch.float32, output_loading_info=True
        )
        if lacking := sorted(name for name in found["missing_keys"] if not name.startswith(NOT_NEEDED)):
            raise ValueError(f"{folder} lacks {lacking[0]} and {len(lacking) - 1} more weights; fetch its files anew")

    def forward(self, tokens: Tensor) -> Tensor:
        inside = tokens > 0
        last = self.net(input_ids=(tokens - 1).clamp(min=0), attention_mask=inside.long()).last_hidden_state
        shares = inside.unsqueeze(2).to(last.dtype)
        return F.normalize((last * shares).sum(1) / shares.sum(1), dim=1)
