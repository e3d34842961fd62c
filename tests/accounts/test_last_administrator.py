"""Two administrators who remove each other at the same moment: one of them stays."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.factories import make_user
from webapp.accounts.actions import change_role, deactivate_person
from webapp.accounts.models import Role, User
from webapp.common.errors import Unprocessable

pytestmark = pytest.mark.django_db(transaction=True)


def attempt(action: object, **arguments: object) -> bool:
    assert callable(action)
    try:
        action(**arguments)
    except Unprocessable:
        return False
    finally:
        connection.close()
    return True


@pytest.mark.parametrize("round_", range(5))
def test_one_always_stays(round_: int) -> None:
    ada, ben = make_user(Role.ADMIN), make_user(Role.ADMIN)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(attempt, change_role, person=ada, role="viewer", by=ben)
        second = pool.submit(attempt, deactivate_person, person=ben, by=ada)
    assert sorted([first.result(), second.result()]) == [False, True]
    assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1
