"""Reviewers with a browser each."""

import pytest
from django.test import Client

from tests.factories import make_user
from tests.review.making import client_of, make_queue
from webapp.accounts.models import User
from webapp.review.models import Queue


@pytest.fixture
def ada() -> User:
    return make_user(username="ada")


@pytest.fixture
def bob() -> User:
    return make_user(username="bob")


@pytest.fixture
def adas(ada: User) -> Client:
    return client_of(ada)


@pytest.fixture
def bobs(bob: User) -> Client:
    return client_of(bob)


@pytest.fixture
def queue() -> Queue:
    return make_queue()
