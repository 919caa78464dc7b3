"""Attended texts: what each word weighs where a network reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mtl_bench.results.frame import Frame
from mtl_bench.results.kept import read_object
from mtl_bench.study import Labels
from mtl_bench.views import primitives
from mtl_bench.views.kept_files import first_files, wrong

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FONT, SIZE = "DejaVu Sans Mono", 6.0  # letters of one width: where a word ends is known
LETTER = 0.602 * SIZE / 72  # inches
LINE = 2.0 * SIZE / 72
HEAD = 1.2  # lines between texts
DEEPEST = 0.75  # the shade of the word that weighs most


@dataclass(frozen=True)
class AttendedTexts:
    """Texts whose words are shaded by their weight, a panel per value of the label `panels`, of the first seed alone.

    The file is that of `AttentionOfTexts`.
    """

    reading: ClassVar[str] = (
        "Each word is shaded by what it weighs in its text, the heaviest darkest, of the first seed alone. Above it "
        "stands the text's class and, where it is another, the network's answer."
    )

    title: str
    panels: str = "method"  # the label whose values have panels of their own
    where: Labels = field(default_factory=dict)
    file: str = "attention.json"

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file,)

    def draw(self, frame: Frame) -> Figure | None:
        """The figure, None when the results hold no file for it. Raises ResultsError for two files in one panel."""
        found = first_files(self.panels, frame, self.file, self.where, self.title)
        if not found:
            return None
        figure, grid = primitives.panels(len(found), 1, wide=True, share=False)
        letters = int(figure.get_figwidth() / LETTER) - 2
        texts = {panel: [(_head(t), _lines(t["words"], letters)) for t in _read(path)] for panel, path in found.items()}
        weights = {panel: [t["weights"] for t in _read(path)] for panel, path in found.items()}
        heights = [sum(HEAD + 1 + len(lines) for _, lines in own) for own in texts.values()]
        figure.set_figheight(LINE * (sum(heights) + 2 * len(heights)))
        shares: Any = grid[0].get_gridspec()
        shares.set_height_ratios(heights)
        for axes, (panel, own), height in zip(grid, texts.items(), heights, strict=True):
            axes.set_title(panel if len(found) > 1 else "", loc="left")
            axes.set(xlim=(0, letters), ylim=(height, 0))
            axes.axis("off")
            line = 0.0
            for (head, lines), of_text in zip(own, weights[panel], strict=True):
                axes.text(0, line + HEAD, head, fontsize=SIZE, color="0.35", va="center")
                _write(axes, lines, [w / max(of_text) for w in of_text], line + HEAD + 1)
                line += HEAD + 1 + len(lines)
        return figure


def _write(axes: Axes, lines: Sequence[Sequence[str]], shades: Sequence[float], top: float) -> None:
    from matplotlib.patches import Rectangle

    from mtl_bench.views.style import COLOURS

    left = iter(shades)
    for i, words in enumerate(lines):
        place = 0
        for word, shade in zip(words, islice(left, len(words)), strict=True):
            colour = (COLOURS[0], DEEPEST * shade)
            axes.add_patch(Rectangle((place - 0.3, top + i - 0.45), len(word) + 0.6, 0.9, color=colour, linewidth=0))
            axes.text(place, top + i, word, fontsize=SIZE, family=FONT, va="center")
            place += len(word) + 1


def _lines(words: Sequence[str], letters: int) -> list[list[str]]:
    """The words in lines of at most so many letters."""
    lines: list[list[str]] = [[]]
    for word in words:
        if lines[-1] and len(" ".join([*lines[-1], word])) > letters:
            lines.append([])
        lines[-1].append(word)
    return lines


def _head(text: dict[str, Any]) -> str:
    return text["class"] if text["class"] == text["predicted"] else f"{text['class']}, read as {text['predicted']}"


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        texts: list[dict[str, Any]] = read_object(path)["texts"]
        for text in texts:
            words, weights = text["words"], text["weights"]
            kinds = [*map(type, words), type(text["class"]), type(text["predicted"])]
            if set(kinds) != {str} or len(words) != len(weights) or not max(weights) > 0:
                raise ValueError("words without weights")
    except (KeyError, TypeError, ValueError) as error:
        raise wrong(path, 'it holds "texts" with "class", "predicted", "words" and "weights"') from error
    return texts
