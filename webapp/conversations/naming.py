"""Names of sources: proposed from files and tasks, cleaned, and told apart from those that are taken."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from webapp.common.errors import Conflict
from webapp.conversations.models import Source

NAME_LENGTH = 200
FILE_NAME_LENGTH = 300
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
#: What turns the direction of the text around it: a name could make its neighbours read backwards.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ENDING = re.compile(r"(\.(jsonl|ndjson|json|txt))?(\.gz)?$", re.IGNORECASE)


def clean_name(text: str, *, length: int = NAME_LENGTH) -> str:
    """Text as a name: on one line, without control characters and those that turn the direction of text, cut."""
    return " ".join(_UNSEEN.sub(" ", _TURNING.sub("", text)).split())[:length].strip()


def name_of_file(file_name: str) -> str:
    """The name that a file's source gets: the last part of its path, without its ending."""
    base = clean_name(re.split(r"[/\\]", file_name)[-1], length=FILE_NAME_LENGTH)
    return clean_name(_ENDING.sub("", base)) or clean_name(base) or "upload"


def name_of_task(title: str, values: Mapping[str, Any]) -> str:
    """The name proposed for a task: `GSM8K main train`, with the slice where it is not the whole."""
    words = [str(values[name]) for name in ("subset", "split", "subject") if values.get(name)]
    start, stop, step = (values.get(name) for name in ("start", "stop", "step"))
    if (start or 0, stop, step if step is not None else 1) != (0, None, 1):
        ends = [str(start or ""), "" if stop is None else str(stop)]
        words.append(f"[{':'.join(ends if step in (None, 1) else [*ends, str(step)])}]")
    return clean_name(" ".join([title, *words]))


def free_name(wanted: str) -> str:
    """`wanted`, or the first of `wanted (2)`, `wanted (3)`, ... that no source has, those in the trash included."""
    wanted = wanted[: NAME_LENGTH - 8]
    taken = set(Source.objects.filter(name__startswith=wanted).values_list("name", flat=True))
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted} ({number})"
    return name


def create_source(*, name: str, exact: bool = False, **fields: Any) -> Source:
    """A new source called `name`; where that is taken, numbered, or with `exact` a Conflict."""
    for _ in range(3):
        try:
            with transaction.atomic():
                return Source.objects.create(name=name if exact else free_name(name), **fields)
        except IntegrityError:  # somebody took the name in this moment
            if exact:
                break
    raise Conflict(f"There is a source called “{name}” already. Choose another name.")
