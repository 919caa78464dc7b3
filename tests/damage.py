"""What disks, editors and merges do to files, drawn at random."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

MARKERS = (b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> branch\n", b"||||||| 1a2b3c4\n")
# Equal inputs in every run, and many files written into one folder.
OFTEN = settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def cut(draw: st.DrawFn, content: bytes) -> bytes:
    return content[: draw(st.integers(0, len(content) - 1))]


@st.composite
def flipped(draw: st.DrawFn, content: bytes) -> bytes:
    """One bit is another one."""
    place = draw(st.integers(0, len(content) - 1))
    bit = 1 << draw(st.integers(0, 7))
    return content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]


@st.composite
def overwritten(draw: st.DrawFn, content: bytes) -> bytes:
    """Random bytes, zeros or a pointer of Git LFS instead of a part or all."""
    place = draw(st.integers(0, len(content)))
    other = draw(st.binary(max_size=40) | st.just(bytes(40)) | st.just(b"version https://git-lfs.github.com/spec/v1\n"))
    return draw(st.sampled_from([content[:place] + other + content[place + len(other) :], other]))


@st.composite
def marked(draw: st.DrawFn, content: bytes) -> bytes:
    """The markers of a merge between its lines."""
    lines = content.splitlines(keepends=True)
    for marker in draw(st.lists(st.sampled_from(MARKERS), min_size=1, max_size=4)):
        lines.insert(draw(st.integers(0, len(lines))), marker)
    return b"".join(lines)


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """Any of these."""
    return st.one_of(cut(content), flipped(content), overwritten(content), marked(content))
