"""The page of a conversation: what it shows, to whom, and how many questions it asks the database."""

import json

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.conversations.actions.review import decide, flag_conversation, save_edit
from webapp.conversations.models import Conversation, FlagReason, Status
from webapp.conversations.panels import Panel, _panels, register_panel

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(client: Client) -> Client:
    client.force_login(make_user(Role.REVIEWER, username="ada"))
    return client


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_user(Role.VIEWER))
    return client


def page(client: Client, conversation: Conversation, query: str = "") -> str:
    response = client.get(f"/conversations/{conversation.pk}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_head_says_where_and_what_it_is(reviewer: Client) -> None:
    conversation = make_conversation(make_source("GSM8K train"), position=4210)
    save_edit(conversation_id=conversation.pk, version=1, messages=chat("a", "**b**"), by=None)
    flag_conversation(conversation_id=conversation.pk, reason=FlagReason.objects.all()[0], turn=1, by=None, note="why?")
    shown = page(reviewer, conversation)
    for text in ("GSM8K train", "#4,211", "unreviewed", "v2", "1 flag", "edited", "<strong>b</strong>", "why?"):
        assert text in shown
    assert shown.count("wrong answer") >= 2  # beside the turn, and in the panel


def test_a_stranger_is_sent_to_the_log_in(client: Client) -> None:
    response = client.get(f"/conversations/{make_conversation().pk}/")
    assert response.status_code == 302
    assert response["Location"].startswith("/login")


def test_a_viewer_reads_but_finds_no_form(viewer: Client) -> None:
    conversation = make_conversation()
    shown = page(viewer, conversation)
    assert 'id="decide"' not in shown
    assert 'id="flag-form"' not in shown
    for address in ("decide", "flag", "flags/1/resolve", "restore"):
        assert viewer.post(f"/conversations/{conversation.pk}/{address}").status_code == 403
    assert viewer.get(f"/conversations/{conversation.pk}/edit").status_code == 403


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 'id="flag-form">'),
        ("?flag_turn=", 'id="flag-form" open>'),
        ("?flag_turn=2", 'id="flag-form" open>'),
    ],
)
def test_an_address_opens_the_flag_form(reviewer: Client, query: str, shown: str) -> None:
    """With an empty turn it is about the whole conversation; so do links of other pages come here."""
    assert shown in page(reviewer, make_conversation(), query)


@pytest.mark.parametrize("number", ["0", "999", "9223372036854775808", "1" * 40])
def test_a_bad_id_is_not_found(reviewer: Client, number: str) -> None:
    for rest in ("", "edit", "history", "raw", "turns/1"):
        assert reviewer.get(f"/conversations/{number}/{rest}").status_code == 404


def test_what_is_in_the_trash_is_not_found(reviewer: Client) -> None:
    conversation = make_conversation(make_source(deleted_at="2026-01-01T00:00Z"))
    assert reviewer.get(f"/conversations/{conversation.pk}/").status_code == 404


@pytest.mark.parametrize("query", ["?from=-1", "?from=x", "?from=1e9", "?reviewer__password=x", "?status=nonsense"])
def test_a_bad_address_is_refused(reviewer: Client, query: str) -> None:
    assert reviewer.get(f"/conversations/{make_conversation().pk}/{query}").status_code == 400


def test_a_nul_in_the_address_is_refused(reviewer: Client) -> None:
    assert reviewer.get(f"/conversations/{make_conversation().pk}/?q=%00").status_code == 400


def test_previous_and_next_stay_inside_the_list(reviewer: Client) -> None:
    source = make_source()
    first, second, third, other = (make_conversation(source) for _ in range(4))
    decide(conversation_id=second.pk, version=1, status=Status.REJECTED, by=None)
    shown = page(reviewer, first, "?status=unreviewed")
    assert f'href="/conversations/{third.pk}/?status=unreviewed"' in shown
    assert f'href="/conversations/{second.pk}/"' in page(reviewer, first)
    assert 'rel="next"' not in page(reviewer, other)


def test_a_page_of_5000_turns_holds_the_first_hundred(reviewer: Client) -> None:
    conversation = make_conversation(messages=chat(*(f"text {number}" for number in range(5000))))
    shown = page(reviewer, conversation)
    assert shown.count('<article class="turn') == 100
    assert "100 of 5,000 shown" in shown
    headers = {"HX-Request": "true", "HX-Target": "more-turns"}
    more = reviewer.get(f"/conversations/{conversation.pk}/?from=101", headers=headers).content.decode()
    assert more.count('<article class="turn') == 100
    assert 'id="turn-101"' in more
    assert "<html" not in more
    assert 'id="turn-5000"' in page(reviewer, conversation, "?from=4999")


def test_long_turns_are_folded_and_found_whole(reviewer: Client) -> None:
    conversation = make_conversation(messages=chat("word " * 3000, "x " * 50_000))
    shown = page(reviewer, conversation)
    assert "Long turn: 15,000 characters" in shown
    assert "Show all 100,000 characters" in shown
    whole = reviewer.get(f"/conversations/{conversation.pk}/turns/2").content.decode()
    assert whole.count("x x x x") > 10_000
    assert reviewer.get(f"/conversations/{conversation.pk}/turns/3").status_code == 404


def test_as_written_shows_the_markdown_itself(reviewer: Client) -> None:
    conversation = make_conversation(messages=chat("a", "**b**"))
    assert "**b**" in page(reviewer, conversation, "?as=written")


def test_humaneval_is_read_as_python_wherever_its_turns_are_shown(reviewer: Client) -> None:
    prompt = "def f(x):\n    # **note**\n    return x"
    messages = chat(prompt, prompt) * 60
    beside = '{"entry_point":"f","test":"assert True"}'
    conversation = make_conversation(messages=messages, metadata=beside)
    for rest in ("", "?from=101", "turns/2"):
        shown = page(reviewer, conversation, rest)
        assert '<pre class="code"><code><span class="hl-k">def</span>' in shown
        assert "    <span" in shown
    assert '<div class="as-written">def f' in page(reviewer, conversation, "?as=written")
    assert "<strong>note</strong>" in page(reviewer, make_conversation(messages=messages))


def test_scripts_in_names_and_texts_are_shown_as_text(reviewer: Client) -> None:
    evil = "<script>alert(1)</script>"
    conversation = make_conversation(make_source(evil), chat(evil, evil), metadata=json.dumps({"x": evil}))
    flag_conversation(conversation_id=conversation.pk, reason=FlagReason.objects.all()[0], by=None, note=evil)
    save_edit(conversation_id=conversation.pk, version=1, messages=chat(evil, "b"), by=None, reason=evil)
    for rest in ("", "history", "raw", "edit", "?as=written", "turns/1"):
        shown = reviewer.get(f"/conversations/{conversation.pk}/{rest}").content.decode()
        assert evil not in shown
        assert "&lt;script&gt;" in shown


def test_raw_json_as_it_is_and_as_imported(viewer: Client) -> None:
    conversation = make_conversation(messages=chat("a", "b"), metadata='{"subject":"logic"}')
    save_edit(conversation_id=conversation.pk, version=1, messages=chat("a", "c"), by=None)
    shown = viewer.get(f"/conversations/{conversation.pk}/raw").content.decode()
    assert "As imported" in shown
    assert "logic" in shown
    original = viewer.get(f"/conversations/{conversation.pk}/raw?download=original")
    assert json.loads(original.content)[1]["content"] == "b"
    assert "attachment" in original["Content-Disposition"]
    assert viewer.get(f"/conversations/{conversation.pk}/raw?download=secrets").status_code == 400


def test_a_panel_without_data_is_not_shown(reviewer: Client) -> None:
    conversation = make_conversation()
    register_panel(Panel("mine", "My panel", "conversations/panels/issues.html", lambda shown: None, 5))
    try:
        assert "My panel" not in page(reviewer, conversation)
        register_panel(Panel("mine", "My panel", "conversations/panels/issues.html", lambda shown: {"issues": []}, 5))
        assert "My panel" in page(reviewer, conversation)
    finally:
        del _panels["mine"]


def test_the_page_asks_the_database_a_fixed_number_of_questions(
    reviewer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    conversation = make_conversation(messages=chat(*(str(number) for number in range(60))))
    reasons = list(FlagReason.objects.all())
    for turn in range(20):
        flag_conversation(conversation_id=conversation.pk, reason=reasons[turn % 5], turn=turn, by=make_user())
    for number in range(5):
        save_edit(conversation_id=conversation.pk, version=number + 1, messages=chat("a", f"b{number}"), by=make_user())
    with django_assert_num_queries(21):
        page(reviewer, conversation)
