"""What text search promises, the same on both databases."""

from typing import Any

import pytest

from tests.factories import chat, make_conversation, make_source
from webapp.common.errors import BadRequest
from webapp.conversations import indexing
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.models import Conversation, ConversationText
from webapp.conversations.search_text import words

pytestmark = pytest.mark.django_db


def index(*texts: str) -> Conversation:
    """An indexed conversation whose turns are these texts."""
    conversation = make_conversation(make_source(), chat(*texts))
    stored = ConversationText.objects.get(pk=conversation.pk).messages
    indexing.insert([(conversation.pk, indexing.words_of(stored))])
    return conversation


def answers(query: str) -> list[int]:
    found = ConversationFilter(q=query).apply(Conversation.objects.all())
    return list(found.order_by("pk").values_list("pk", flat=True))


# Text, search, whether it is found.
PROMISES = [
    ("The cat sat on the mat.", "cat", True),
    ("The cat sat on the mat.", "CAT Mat", True),
    ("The cat sat on the mat.", "cat dog", False),
    ("The cat sat on the mat.", '"cat sat"', True),
    ("The cat sat on the mat.", '"cat on"', False),
    ("The cat sat on the mat.", '"sat cat"', False),
    ("The cat sat on the mat.", '"the mat" cat', True),
    ("The cats sat.", "cat", False),
    ("He was running", "run", False),
    ("He was running", "run*", True),
    ("He was running fast", '"was runn"*', True),
    ("He was running fast", '"was runn*"', True),
    ("The cat sat", "cat -dog", True),
    ("The cat sat", "cat -sat", False),
    ("The cat sat", 'cat -"sat cat"', True),
    ("The cat sat", 'cat -"cat sat"', False),
    ("a well-known fact", "well-known", True),
    ("a known well", "well-known", False),
    ("run it with --verbose", "--verbose", True),
    ("pi is 3.14", "3.14", True),
    ("pi is 3.14", "3.1", False),
    ("14 and 3", "3.14", False),
    ("costs 1,234 dollars", "1,234", True),
    ("call foo.bar(x)", "foo.bar", True),
    ("call foo.bar(x)", "bar", True),
    ("call foo.bar(x)", "foo.ba*", True),
    ("call bar.foo(x)", "foo.bar", False),
    ("use snake_case here", "snake_case", True),
    ("use snake_case here", "case", True),
    ("use camelCase here", "camelcase", True),
    ("use camelCase here", "case", False),
    ("un café noir", "cafe", True),
    ("un cafe noir", "café", True),
    ("un cafe\u0301 noir", "café", True),
    ("Straße", "strasse", True),
    ("STRASSE", "straße", True),
    ("Müller", "muller", True),
    ("ﬁne ｆｕｌｌ", "fine full", True),
    ("ΣΊΣΥΦΟΣ", "σισυφος", True),
    ("Ёлка", "ёлка", True),
    ("我喜欢北京烤鸭", "北京", True),
    ("我喜欢北京烤鸭", "京北", False),
    ("我喜欢 GPT4 模型", "gpt4 模型", True),
    ("東京タワー", "タワー", True),
    ("สวัสดีครับ", "สวัสดี", True),
    ("नमस्ते दुनिया", "नमस्ते", True),
    ("नमस्ते दुनिया", "नमस", False),
    ("한국어 문장", "한국어", True),
    ("cats AND dogs", "and", True),
    ("cats dogs", "cats AND dogs", False),
    ("cats or dogs", "cats OR dogs", True),
    ("do not", "NOT do", True),
    ("near the sea", "NEAR(sea)", False),
    ("near the sea", "near sea", True),
    ("content of words", "words:content", False),
    ("a b c", '"a b', True),
    ("say \"hello there\" now", 'hello"there', True),
    ("it's Natalia's", "it's", True),
    ("x ^ y & z | w", "x & y | z !w", True),
    ("C:\\temp\\new", "c:\\temp", True),
    ("100 % sure; DROP TABLE x", "100% 'sure'; DROP", True),
    ("emoji 👍🏽 here", "emoji here", True),
    ("emoji 👍🏽 here", '"emoji 👍 here"', True),
    ("x" * 70, "x" * 70, True),
    ("x" * 70, "x" * 64, True),
    ("½ and x²", "x2", True),
    ("line\u2028break zero\u200bwidth", "break", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "query", "found"), PROMISES)
def test_promises(text: str, query: str, found: bool) -> None:
    conversation = index(text, "ok")
    assert answers(query) == ([conversation.pk] if found else [])


def test_no_phrase_goes_over_the_end_of_a_turn() -> None:
    conversation = index("one two", "three four")
    assert answers('"two three"') == []
    assert answers("two three") == [conversation.pk]


def test_the_words_of_all_parts_are_found() -> None:
    parts = [{"type": "text", "text": "alpha"}, {"type": "python", "text": "print(beta)"}]
    messages: list[dict[str, Any]] = [{"role": "user", "content": "gamma"}, {"role": "assistant", "content": parts}]
    conversation = make_conversation(make_source(), messages)
    stored = ConversationText.objects.get(pk=conversation.pk).messages
    assert indexing.words_of(stored) == "gamma ¶ alpha ¶ print beta"
    indexing.insert([(conversation.pk, indexing.words_of(stored))])
    assert answers("alpha beta gamma") == [conversation.pk]


def test_each_word_is_found_once_in_order_of_ids() -> None:
    ids = [index(f"shared number {number}", "ok").pk for number in range(5)]
    assert answers("shared") == ids
    assert answers('shared "number 3"') == [ids[3]]


REFUSED = {
    "   ": "no letter or digit",
    '"" - *': "no letter or digit",
    "👍": "no letter or digit",
    "-cat": "only says what to leave out",
    "a*": "at least 2 letters",
    " ".join(["word"] * 51): "more than 50 words",
    " ".join(["w"] * 1_000): "longer than 1,000 characters",
}


@pytest.mark.parametrize(("query", "message"), REFUSED.items())
def test_what_cannot_be_searched_is_said(query: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        answers(query)


def test_a_long_text_is_indexed_to_its_limit() -> None:
    conversation = index("start " + "filler " * 30_000 + "finish", "ok")
    assert answers("start filler") == [conversation.pk]
    assert answers("finish") == []


@pytest.mark.parametrize("character", ["a", "é", "漢", "ﷺ", "𠀀"])
def test_the_largest_texts_fit(character: str) -> None:
    text = " ".join(character * 63 + str(number) for number in range(16_500))
    conversation = index("start " + text, "ok")
    assert answers("start") == [conversation.pk]


def test_words_are_what_the_help_says() -> None:
    assert words("Don't panic: see foo.bar_baz (3.14)!") == "don t panic see foo bar baz 3 14"
    assert words("Straße café 北京") == "strasse cafe 北 京"
    assert words("") == words("--- ¶ !") == ""
