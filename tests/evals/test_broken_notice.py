"""The page of the baseline `reference` leads to the stored answers that fail their own grader."""

import re

import pytest
from django.test import Client

from tests.evals.making import make_run
from tests.evals.working import baseline, evaluate, number_source
from tests.factories import chat, make_conversation, make_user
from webapp.accounts.models import Role
from webapp.evals.models import EvalRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user(Role.VIEWER))
    return client


def read(client: Client, run: EvalRun) -> str:
    return " ".join(client.get(f"/evaluate/{run.pk}/").content.decode().split())


def test_it_leads_to_the_broken_ones_of_its_source(reader: Client) -> None:
    run, other = (
        evaluate(source, baseline("reference"))
        for source in (number_source(3), number_source(3))
        if make_conversation(source, chat("How many?", f"I forgot it in {source.name}."))
    )
    shown = read(reader, run)
    assert "1 stored answer fails its own grader. It is flagged" in shown
    found = re.search(r'href="(/conversations/\?flag=broken-example[^"]*)"', shown)
    assert found is not None
    listed = reader.get(found[1].replace("&amp;", "&")).content.decode()
    broken, elsewhere = (one.results.get(outcome="no_answer").conversation_id for one in (run, other))
    assert f"/conversations/{broken}/" in listed
    assert f"/conversations/{elsewhere}/" not in listed


def test_a_source_that_is_gone_is_left_out_of_the_list(reader: Client) -> None:
    source = number_source(1)
    make_conversation(source, chat("How many?", "I forgot."))
    run = evaluate(source, baseline("reference"))
    EvalRun.objects.filter(pk=run.pk).update(selection={"filter": {"source": [source.pk, 999_999]}})
    assert f'href="/conversations/?flag=broken-example&amp;source={source.pk}"' in read(reader, run)


def test_several_are_many(reader: Client) -> None:
    source = number_source(1)
    for number in range(2):
        make_conversation(source, chat(f"How many {number}?", "I forgot."))
    assert "2 stored answers fail their own grader. They are" in read(reader, evaluate(source, baseline("reference")))


def test_where_all_is_right_and_for_others_nothing_is_said(reader: Client) -> None:
    conversation = make_conversation()
    runs = [
        evaluate(number_source(2), baseline("reference")),
        make_run([(conversation, {"outcome": "error"})], endpoint=baseline("reference")),
        make_run([(conversation, {"outcome": "wrong"})]),
        make_run([(conversation, {"outcome": "wrong"})], endpoint=baseline("chance")),
    ]
    for run in runs:
        assert "own grader" not in read(reader, run)
