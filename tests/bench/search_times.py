"""Time searches in the database of this process; prints JSON. Not run by hand: see bench_search."""

import json
import os
import statistics
import time
from collections.abc import Callable
from functools import partial

import django

TIMES = 7


def main() -> None:
    """Measure, print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()
    words = _words()
    queries = {
        "a rare word": words[-1],
        "a common word": words[0],
        "two common words": f"{words[0]} {words[1]}",
        "a phrase of common words": f'"{words[0]} {words[1]}"',
        "the beginning of a word": f"{words[len(words) // 2][:3]}*",
        "two letters of a word": f"{words[0][:2]}*",
        "a word, another one not": f"{words[0]} -{words[2]}",
        "nothing found": "zzzzqqqq",
    }
    answers = {name: _search(query) for name, query in queries.items()}
    answers["a common word, 3 turns or fewer"] = _search(words[0], "&turns_max=3")
    answers["a rare word, unreviewed"] = _search(words[-1], "&status=unreviewed")
    print(json.dumps(answers | {"LIKE, for comparison": _like(words[-1])}))


def _words() -> list[str]:
    """Words of some texts, those in most texts first; the last ones stand in one or two of a thousand."""
    from collections import Counter

    from webapp.conversations.indexing import words_of
    from webapp.conversations.models import ConversationText

    found: Counter[str] = Counter()
    for messages in ConversationText.objects.order_by("pk").values_list("messages", flat=True)[:1000]:
        found.update({word for word in words_of(messages).split() if word.isalpha() and word.isascii()})
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [word for word, _ in ranked if len(word) > 2]


def _search(text: str, more: str = "") -> tuple[str, float]:
    """What the list says it found, and the milliseconds for one page of ids with its count."""
    from urllib.parse import quote

    from django.http import QueryDict

    from webapp.conversations.filters import ConversationFilter
    from webapp.conversations.listing import Place, conversation_page

    wanted = ConversationFilter.from_query(QueryDict(f"q={quote(text)}{more}"))
    page = partial(conversation_page, wanted, Place())
    return str(page().count), _median(page)


def _like(word: str) -> tuple[str, float]:
    from webapp.conversations.models import ConversationText

    rows = ConversationText.objects.filter(messages__icontains=word).order_by("pk")
    return "", _median(lambda: list(rows.values_list("pk", flat=True)[:50]), times=1)


def _median(work: Callable[[], object], *, times: int = TIMES) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return 1000 * statistics.median(taken)


if __name__ == "__main__":
    main()
