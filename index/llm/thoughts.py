"""Models that reason write their thoughts first, in tags; a reader gets what comes after."""

from __future__ import annotations

_OPEN, _CLOSE = "<think>", "</think>"


class AfterThoughts:
    """Drops the thoughts at the beginning of a completion that comes piece by piece.

    >>> after = AfterThoughts()
    >>> [after.keep(piece) for piece in ("<thi", "nk>查第三条", "…</thi", "nk>\\n", "可以", "。")]
    ['', '', '', '', '可以', '。']
    >>> AfterThoughts().keep("<b>可以</b>")
    '<b>可以</b>'
    """

    def __init__(self) -> None:
        self._held: str | None = ""  # None once the completion itself has begun

    def keep(self, piece: str) -> str:
        """The part of this piece (and of what was held back) that is no thought."""
        if self._held is None:
            return piece
        self._held = (self._held + piece).lstrip()
        if self._held.startswith(_OPEN):
            _, closed, rest = self._held.partition(_CLOSE)
            self._held = rest.lstrip() if closed else self._held
            if not closed or not self._held:
                return ""
        elif _OPEN.startswith(self._held):
            return ""
        kept, self._held = self._held, None
        return kept

    def rest(self) -> str:
        """What is still held back when the completion ends, if it is no thought."""
        return "" if self._held is None or self._held.startswith(_OPEN) else self._held
