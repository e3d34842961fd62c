"""A whole-file JSON array cut into lines, block by block, with flat memory however large an element is.

An element's text stays as it is but for its line feeds, which become carriage returns: outside of texts both are
blanks to JSON, inside of a text both are forbidden, so that what was wrong stays wrong. Nothing is parsed here.
"""

import re

_BACKSLASH = ord("\\")
_STRUCTURE = re.compile(rb"[\[\]{},]")
# Texts stand at most this far apart in ordinary JSON, with few different things between them.
_REMEMBERED_LENGTH = 64
_REMEMBERED = 10_000


class ArraySplitter:
    """Takes the blocks of a file, gives its elements as lines; `problem` says what is wrong with the array."""

    def __init__(self) -> None:
        self.records = 0
        self.problem = ""
        self.closed = False
        self._depth = 0
        self._in_text = False
        self._escaped = False
        # Something of the current element has been seen; some of it has been given.
        self._begun = self._given = False
        # Bytes in earlier blocks; in this block, where the element begins.
        self._before = self._start = 0
        self._block = b""
        self._pieces: list[bytes] = []
        self._shapes: dict[bytes, tuple[int, int]] = {}

    def feed(self, block: bytes) -> bytes:
        """The lines, or parts of lines, that a block holds."""
        self._block = block.replace(b"\n", b"\r")
        self._pieces = []
        position = self._start = 0
        while position < len(block) and not self.problem:
            position = self._pass_text(position) if self._in_text else self._pass_structure(position)
        if self._depth and not self.problem:
            self._take(len(block))
        self._before += len(block)
        return b"".join(self._pieces)

    def finish(self) -> bytes:
        """What is left at the end of the file."""
        if not self.closed and not self.problem:
            self.problem = f"cut off: the file ends {self._place()}, before the array is closed"
        if not self._given:
            return b""
        self.records += 1
        return b"\n"

    def _pass_text(self, position: int) -> int:
        """From inside a text to behind its end."""
        block = self._block
        if self._escaped:
            self._escaped = False
            return position + 1
        quote = block.find(b'"', position)
        end = quote if quote >= 0 else len(block)
        odd = False
        if end > position and block[end - 1] == _BACKSLASH:
            inside = block[position:end]
            odd = (len(inside) - len(inside.rstrip(b"\\"))) % 2 == 1
        if quote < 0:
            self._escaped = odd
            return end
        self._in_text = odd
        return quote + 1

    def _pass_structure(self, position: int) -> int:
        """From outside of texts to behind the quote that begins the next one."""
        if self._depth > 1:
            position = self._skim(position)
        quote = self._block.find(b'"', position)
        end = quote if quote >= 0 else len(self._block)
        between = self._block[position:end]
        change, lowest = self._shape_of(between)
        if self._depth > 1 and self._depth + lowest > 1:
            self._depth += change
        else:
            self._walk(between, position)
        if quote < 0 or self.problem:
            return end
        if not self._depth:
            self._refuse(quote)
        self._in_text = self._begun = True
        return quote + 1

    def _skim(self, position: int) -> int:
        """Past texts without escaped quotes, while the element cannot end: most of a file, so it has to be fast."""
        block, depth, find, shape_of = self._block, self._depth, self._block.find, self._shapes.get
        while (quote := find(b'"', position)) >= 0:
            shape = shape_of(block[position:quote])
            if shape is None or depth + shape[1] <= 1:
                break
            end = find(b'"', quote + 1)
            if end < 0 or block[end - 1] == _BACKSLASH:
                break
            depth += shape[0]
            position = end + 1
        self._depth = depth
        return position

    def _shape_of(self, between: bytes) -> tuple[int, int]:
        """How far the brackets in a piece between two texts lead up or down, and the lowest level on the way."""
        shape = self._shapes.get(between)
        if shape is None:
            level = lowest = 0
            for match in _STRUCTURE.finditer(between):
                level += _step(match[0])
                lowest = min(lowest, level)
            shape = level, lowest
            if len(between) <= _REMEMBERED_LENGTH and len(self._shapes) < _REMEMBERED:
                self._shapes[between] = shape
        return shape

    def _walk(self, between: bytes, position: int) -> None:
        """A piece in which an element may begin or end."""
        last = 0
        for match in _STRUCTURE.finditer(between):
            self._see(between[last : match.start()], position + last)
            last = match.end()
            self._turn(match[0], position + match.start())
            if self.problem:
                return
        self._see(between[last:], position + last)

    def _see(self, between: bytes, position: int) -> None:
        if between and not between.isspace():
            if self._depth:
                self._begun = True
            else:
                self._refuse(position + len(between) - len(between.lstrip()))

    def _turn(self, sign: bytes, position: int) -> None:
        if self.closed or (not self._depth and sign != b"["):
            self._refuse(position)
        elif not self._depth:
            self._depth = 1
            self._start = position + 1
        elif self._depth == 1 and sign in b",]}":
            self._end_element(position, sign)
        else:
            self._begun = True
            self._depth += _step(sign)

    def _end_element(self, position: int, sign: bytes) -> None:
        if sign == b"}":
            self._refuse(position)
            return
        self.closed = sign == b"]"
        self._depth = 0 if self.closed else 1
        if self._begun or self.records or not self.closed:
            self._take(position)
            # A place with nothing in it is a record too: a lone comma is refused as one.
            self._pieces.append(b"\n" if self._begun else b",\n")
            self.records += 1
        self._begun = self._given = False
        self._start = position + 1

    def _take(self, end: int) -> None:
        piece = self._block[self._start : end]
        if not self._given:
            piece = piece.lstrip()
        if piece:
            self._given = True
            self._pieces.append(piece)

    def _refuse(self, position: int) -> None:
        if self._depth:
            self._take(position)
        what = "something follows the end of the array" if self.closed else "the array is malformed"
        self.problem = f"{what} at byte {self._before + position:,}, {self._place()}"

    def _place(self) -> str:
        return f"inside record {self.records + 1:,}" if self._begun else f"after record {self.records:,}"


def _step(sign: bytes) -> int:
    return 1 if sign in b"[{" else -1 if sign in b"]}" else 0
