"""ELMo: a language model of characters, in both directions (Peters et al., NAACL 2018)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

OPTIONS, WEIGHTS = "options.json", "weights.hdf5"
FORGET = 1.0  # added to the gate that forgets, as TensorFlow's cells do
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "tanh": torch.tanh}


class BidirectionalLanguageModel(nn.Module):
    """Characters of words int64 (n, 50 · words), filled with 0, to sentences float32 (n, width) of length 1.

    The first and the last word of a text are the marks of its begin and end. A sentence is the mean over its words,
    the marks left out, of the mean of the three layers: those of which tasks learn a weighted sum (equation 1).
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        import h5py

        self.options: dict[str, Any] = json.loads((folder / OPTIONS).read_text(encoding="utf-8"))
        with h5py.File(folder / WEIGHTS) as file:
            self._keep(file)

    def _keep(self, group: Any) -> None:
        for part in group.values():
            if hasattr(part, "values"):
                self._keep(part)
            else:
                flat = part.name.strip("/").replace("/", "-")
                self.register_buffer(flat, torch.from_numpy(part[()]).float())

    def forward(self, tokens: Tensor) -> Tensor:
        layers = self.layers(tokens).mean(1)
        inside = self.words(tokens)[:, :, 0] > 0
        inside[torch.arange(len(tokens)), inside.sum(1) - 1] = False  # the mark of the end
        inside[:, 0] = False
        shares = inside.unsqueeze(2).to(layers.dtype)
        return F.normalize((layers * shares).sum(1) / shares.sum(1), dim=1)

    def words(self, tokens: Tensor) -> Tensor:
        """int64 (n, words, 50)."""
        characters: int = self.options["char_cnn"]["max_characters_per_token"]
        return tokens.reshape(len(tokens), -1, characters)

    def layers(self, tokens: Tensor) -> Tensor:
        """(n, layers, words, width): the words' own vectors, twice, and what each layer of both directions says."""
        characters = self.words(tokens)
        lengths = (characters[:, :, 0] > 0).sum(1)
        forward = self._of_words(characters)
        backward = reversed_to(forward, lengths)
        found = [torch.cat([forward, forward], 2)]
        for layer in range(self.options["lstm"]["n_layers"]):
            forward, backward = (
                self._cell(x, f"RNN_{direction}-RNN-MultiRNNCell-Cell{layer}-LSTMCell-", skip=layer > 0)
                for direction, x in enumerate((forward, backward))
            )
            found.append(torch.cat([forward, reversed_to(backward, lengths)], 2))
        return torch.stack(found, 1)

    def _of_words(self, characters: Tensor) -> Tensor:
        """(n, words, width): filters over characters, their largest values, highways and a projection."""
        options = self.options["char_cnn"]
        table = F.pad(self._of("char_embed"), (0, 0, 1, 0))  # 0 fills
        x = table[characters.flatten(0, 1)].transpose(1, 2)
        activate = ACTIVATIONS[options["activation"]]
        features = []
        for i in range(len(options["filters"])):
            weight = self._of(f"CNN-W_cnn_{i}")[0].permute(2, 1, 0)
            features.append(activate(F.conv1d(x, weight, self._of(f"CNN-b_cnn_{i}")).amax(2)))
        x = torch.cat(features, 1)
        for i in range(options.get("n_highway") or 0):
            kept = torch.sigmoid(self._linear(x, f"CNN_high_{i}-W_carry", f"CNN_high_{i}-b_carry"))
            new = F.relu(self._linear(x, f"CNN_high_{i}-W_transform", f"CNN_high_{i}-b_transform"))
            x = kept * new + (1 - kept) * x
        if x.shape[1] != self.options["lstm"]["projection_dim"]:
            x = self._linear(x, "CNN_proj-W_proj", "CNN_proj-b_proj")
        return x.reshape(*characters.shape[:2], -1)

    def _cell(self, x: Tensor, name: str, skip: bool) -> Tensor:
        """(n, words, width): an LSTM whose cells and projected outputs are clipped; `skip` adds what it reads."""
        options = self.options["lstm"]
        weight, bias = self._of(f"{name}W_0"), self._of(f"{name}B")
        project = self._of(f"{name}W_P_0") if options["projection_dim"] < options["dim"] else None
        read = x @ weight[: x.shape[2]] + bias
        memory, said = x.new_zeros(len(x), options["dim"]), x.new_zeros(len(x), x.shape[2])
        found = []
        for word in range(x.shape[1]):
            enter, new, forget, leave = (read[:, word] + said @ weight[x.shape[2] :]).chunk(4, 1)
            memory = torch.sigmoid(forget + FORGET) * memory + torch.sigmoid(enter) * torch.tanh(new)
            memory = _clipped(memory, options.get("cell_clip"))
            said = torch.sigmoid(leave) * torch.tanh(memory)
            if project is not None:
                said = _clipped(said @ project, options.get("proj_clip"))
            found.append(said)
        out = torch.stack(found, 1)
        return out + x if skip and options["use_skip_connections"] else out

    def _linear(self, x: Tensor, weight: str, bias: str) -> Tensor:
        return x @ self._of(weight) + self._of(bias)

    def _of(self, name: str) -> Tensor:
        return self.get_buffer(name)


def reversed_to(x: Tensor, lengths: Tensor) -> Tensor:
    """(n, words, width): each text from its last word to its first; what fills stays at the end."""
    places = torch.arange(x.shape[1], device=x.device)
    index = torch.where(places < lengths[:, None], lengths[:, None] - 1 - places, places)
    return x.gather(1, index[:, :, None].expand_as(x))


def _clipped(x: Tensor, most: float | None) -> Tensor:
    return x if most is None else x.clamp(-most, most)
