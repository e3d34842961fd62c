"""Files that are under their name whole or not at all, even after a power cut."""

import os
from pathlib import Path


def place_file(part: Path, path: Path) -> None:
    """Rename a synced file, then sync its folder."""
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def place_text(part: Path, path: Path, content: str) -> None:
    """Write a text file, by way of `part`."""
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    place_file(part, path)
