"""A fast test for the usual CustomJSON line, by msgspec where that is installed.

It knows only lines that are surely good: `role` and `content` in each message, nothing else. Every other line,
good or bad, is left to the exact check, which is 4 times slower; so both agree, with and without msgspec.
"""

__all__ = ["is_plain_line"]

try:
    import msgspec
except ImportError:  # a training script may have only datasets installed

    def is_plain_line(content: bytes) -> bool:
        """Return False: without msgspec every line takes the exact check."""
        return False

else:

    class _Message(msgspec.Struct, forbid_unknown_fields=True):
        role: str
        content: str

    _decode = msgspec.json.Decoder(list[_Message]).decode

    def is_plain_line(content: bytes) -> bool:
        """Return True if the line is surely a conversation that CustomJSON takes; False says nothing."""
        try:
            messages = _decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False
        return len(messages) > 1 and all(
            message.role == ("assistant" if number % 2 else "user") for number, message in enumerate(messages)
        )
