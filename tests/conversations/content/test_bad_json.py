"""The group JSON of the bad inputs, by number."""

import json

import pytest

from tests.conversations.content.pipeline import ANSWER, GOOD, GOOD_TEXT, USER, record, refusal, turn
from webapp.conversations.content.records import parse_line

pytestmark = pytest.mark.once


def with_extra(value: str) -> str:
    return f'{{"messages":{GOOD_TEXT},"extra":{value}}}'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param('{"messages": [{"role": "user", "con', "cut off", id="16 truncated in a text"),
        pytest.param('{"messages": [{"role": "user",', "cut off", id="16 truncated between"),
        pytest.param(GOOD_TEXT[:-1], "cut off", id="16 truncated before the end"),
        pytest.param(GOOD_TEXT + " x", "something follows the end of the JSON at byte 72", id="17 trailing garbage"),
        pytest.param(GOOD_TEXT + GOOD_TEXT, "something follows", id="17 two values"),
        pytest.param("[{'role': 'user'}]", "single quotes at byte 2", id="18 single quotes"),
        pytest.param('[{"role":"user","content":"a"},]', "a comma too many", id="19 trailing comma in a list"),
        pytest.param('[{"role":"user","content":"a",}]', "a comma too many", id="19 trailing comma in an object"),
        pytest.param(GOOD_TEXT.replace("Hi", "H\ti"), "a raw tab inside a text at byte 28", id="20 raw tab"),
        pytest.param(with_extra("NaN"), "NaN is not a JSON number (at byte 92)", id="21 NaN"),
        pytest.param(with_extra("Infinity"), "Infinity is not a JSON number", id="22 Infinity"),
        pytest.param(with_extra("-Infinity"), "-Infinity is not a JSON number", id="22 -Infinity"),
        pytest.param(with_extra("1e400"), "1e400 is too large a number (at byte 92)", id="23 1e400"),
        pytest.param(with_extra("7" * 4301), "a number of 4,301 digits", id="24 4,301 digits"),
        pytest.param("[" * 100_000 + "]" * 100_000, "nested", id="27 a list nested 100,000 deep"),
        pytest.param('{"a":' * 100_000 + "1" + "}" * 100_000, "nested", id="27 objects nested 100,000 deep"),
        pytest.param("[" * 100_000, "nested", id="27 100,000 brackets left open"),
        pytest.param(with_extra("[" * 20_000 + "]" * 20_000), "nested", id="28 nested 20,000 deep"),
        pytest.param(with_extra("[" * 300 + "]" * 300), "nested more than 200", id="28 nested 300 deep"),
        pytest.param(GOOD_TEXT.replace("Hi", "H\\u0000i"), "\\u0000 at byte 28", id="30 NUL as an escape"),
        pytest.param(with_extra('{"\\u0000":1}'), "\\u0000 at byte 94", id="30 NUL in a key"),
        pytest.param(GOOD_TEXT.replace("Hi", "Hi\\ud800"), "\\ud800 at byte 29 is half", id="31 at the end"),
        pytest.param(GOOD_TEXT.replace("Hi", "\\uD83Dabcdef"), "\\uD83D at byte 27 is half", id="31 high half"),
        pytest.param(GOOD_TEXT.replace("Hi", "\\udc00 Hi"), "\\udc00 at byte 27 is half", id="31 low half"),
        pytest.param(GOOD_TEXT.replace("Hi", "\\ud800\\ud800\\udc00"), "half a character", id="31 high, then a pair"),
        pytest.param("null", "null instead of a conversation", id="34 null"),
        pytest.param("17", "a number instead of a conversation", id="34 number"),
        pytest.param('"Hi"', "text instead of a conversation", id="34 string"),
        pytest.param("true", "true or false instead of a conversation", id="34 true"),
        pytest.param("[1, 2]", "message 1: it is a number, not an object", id="33 a list of numbers"),
        pytest.param("[[]]", "message 1: it is a list, not an object", id="33 a list of lists"),
        pytest.param('{"messages": {"role": "user"}}', "messages is an object, not a list", id="33 object for a list"),
        pytest.param(json.dumps(USER), "a single message", id="33 a message alone"),
        pytest.param("{}", "an empty object", id="33 empty object"),
        pytest.param(json.dumps({f"k{n}": n for n in range(10_000)}), "and 9,994 more", id="35 10,000 keys"),
        pytest.param("", "cut off", id="an empty line"),
        pytest.param(",", "a comma too many", id="a lone comma"),
        pytest.param("hello", 'unexpected "h"', id="words"),
        pytest.param('["\\x41"]', "an unknown escape at byte 2", id="an unknown escape"),
    ],
)
def test_refused_with_a_reason(line: str, reason: str) -> None:
    assert reason in refusal(line)


@pytest.mark.parametrize(
    "digits",
    [
        pytest.param("9007199254740993", id="25 2^53+1"),
        pytest.param("9223372036854775808", id="26 2^63"),
        pytest.param("-9223372036854775809", id="26 below -2^63"),
        pytest.param("18446744073709551616", id="26 2^64"),
        pytest.param("7" * 4300, id="24 4,300 digits"),
    ],
)
def test_large_integers_are_kept_exact(digits: str) -> None:
    assert parse_line(with_extra(digits).encode()).metadata == f'{{"extra":{digits}}}'


def test_28_nesting_up_to_the_limit_is_kept() -> None:
    deep = "[" * 150 + "]" * 150
    assert parse_line(with_extra(deep).encode()).metadata == f'{{"extra":{deep}}}'


@pytest.mark.parametrize(
    "line",
    [
        '[{"role":"user","content":"Hi","content":"Ho"},{"role":"assistant","content":"Hello"}]',
        '[{"role":"system","role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]',
        '[{"role":"system","\\u0072ole":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]',
        f'{{"messages":[],"messages":{GOOD_TEXT}}}',
        f'{{"messages":[],"mess\\u0061ges":{GOOD_TEXT}}}',
        with_extra('{"a":1,"b":{"c":[{"d":1,"d":1}]}}'),
        with_extra('{"a":1,"a" :2}'),
        with_extra('{"a\\\\":1,"a\\\\":2}'),
        with_extra('{"a\\"":1,"a\\"":2}'),
        with_extra('{"\\u00e9":1,"é":2}'),
        with_extra('{"":1,"":2}'),
    ],
)
def test_29_a_key_twice_is_refused(line: str) -> None:
    assert "stands twice in one object" in refusal(line)


@pytest.mark.parametrize(
    "content", ["role", "content", '"role":', '{"role": "user", "role"', 'x\\":', " : ", "\\u006f"]
)
def test_29_what_looks_like_a_key_in_a_text_is_none(content: str) -> None:
    for value in ([turn("user", content), ANSWER], {"messages": [turn("user", content), ANSWER], "role": content}):
        for line in (json.dumps(value), json.dumps(value, separators=(" ,", " : "))):
            assert json.loads(parse_line(line.encode()).text)[0]["content"] == content


@pytest.mark.parametrize("backslashes", [2, 4])
def test_30_an_escaped_backslash_before_u0000_is_no_nul(backslashes: int) -> None:
    line = GOOD_TEXT.replace("Hi", "\\" * backslashes + "u0000")
    assert parse_line(line.encode()).text == line
    assert "at byte" in refusal(GOOD_TEXT.replace("Hi", "\\" * (backslashes + 1) + "u0000"))


def test_31_pairs_and_escapes_are_characters() -> None:
    line = GOOD_TEXT.replace("Hi", "\\ud83d\\ude00 \\u00e9 \\/")
    assert "😀 é /" in parse_line(line.encode()).text


def test_35_10000_keys_beside_messages_are_kept() -> None:
    keys = {f"k{n}": n for n in range(10_000)}
    assert json.loads(record({"messages": [USER, ANSWER], **keys}).metadata) == keys


def test_a_plain_line_is_one_of_many_writings() -> None:
    value = json.loads(GOOD)
    writings = [json.dumps(value), json.dumps(value, indent=1).replace("\n", "\r"), f"  {GOOD_TEXT}  "]
    assert {parse_line(line.encode()).text for line in writings} == {GOOD_TEXT}
