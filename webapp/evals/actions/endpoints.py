"""Every change to endpoints. `by` is the user, None for the command line. No key is ever logged."""

import logging
from dataclasses import replace
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone

from webapp.accounts.models import User
from webapp.common.errors import Conflict, Unprocessable, WinnowError
from webapp.evals import probing
from webapp.evals.address_policy import current_policy
from webapp.evals.asking.failures import scrub
from webapp.evals.asking.questions import Question, Reply, Result, Sampling
from webapp.evals.connecting import connection_of
from webapp.evals.endpoints import EndpointFields, unfinished_runs
from webapp.evals.findings import Findings
from webapp.evals.keys import check_key, encrypt
from webapp.evals.models import ModelEndpoint

logger = logging.getLogger(__name__)

#: What was found by asking holds for these; when one of them changes, it is forgotten.
WHO_ANSWERS = ("adapter", "address", "model")
NAME_TAKEN = "There is already an endpoint called “{}”. Choose another name."
CHANGED_MEANWHILE = "Somebody changed this endpoint while it was probed. Probe it again."
TEST_SECONDS, TEST_TOKENS = 15.0, 256


def add_endpoint(*, fields: EndpointFields, key: str, by: User | None) -> ModelEndpoint:
    """A new endpoint, not yet probed. Raises BadRequest for what cannot be, Conflict for a name that is taken."""
    fields = fields.checked()
    encrypted = encrypt(check_key(key))
    try:
        with transaction.atomic():
            endpoint = ModelEndpoint.objects.create(**fields.to_dict(), encrypted_key=encrypted, created_by=by)
    except IntegrityError as error:
        raise Conflict(NAME_TAKEN.format(fields.name)) from error
    logger.info("%s added the endpoint %s", by or "The command line", endpoint)
    return endpoint


def change_endpoint(*, endpoint: ModelEndpoint, fields: EndpointFields, key: str | None, by: User | None) -> None:
    """Change an endpoint; `key` None keeps the stored one, "" removes it.

    What was found by asking is forgotten when somebody else would answer. Raises BadRequest, Conflict for a name that
    is taken, Unprocessable for a baseline, and where a run that is not finished would go on with another model.
    """
    _refuse_baseline(endpoint)
    fields = fields.checked()
    encrypted = None if key is None else encrypt(check_key(key))
    try:
        with transaction.atomic():
            _write(ModelEndpoint.objects.select_for_update().get(pk=endpoint.pk), fields, encrypted)
    except IntegrityError as error:
        raise Conflict(NAME_TAKEN.format(fields.name)) from error
    endpoint.refresh_from_db()
    logger.info("%s changed the endpoint %s", by or "The command line", endpoint)


def _write(stored: ModelEndpoint, fields: EndpointFields, encrypted: str | None) -> None:
    is_other = any(getattr(stored, name) != getattr(fields, name) for name in WHO_ANSWERS)
    if is_other and (waiting := unfinished_runs(stored).count()):
        runs = "1 run of it is" if waiting == 1 else f"{waiting:,} runs of it are"
        raise Unprocessable(
            f"{runs} not finished and would go on with another model. Cancel what is not finished, or add an endpoint "
            "beside this one. Name, key and limits can be changed."
        )
    if stored.has_key() and encrypted is None and _server_of(stored.address) != _server_of(fields.address):
        raise Unprocessable("The stored key belongs to the old address. Enter the key for the new one, or remove it.")
    for name, value in fields.to_dict().items():
        setattr(stored, name, value)
    if encrypted is not None:
        stored.encrypted_key = encrypted
    if is_other or encrypted is not None:
        stored.findings, stored.probed_at, stored.probe_problem = {}, None, ""
    stored.save()


def _server_of(address: str) -> tuple[str, str]:
    """Scheme, host and port of a checked address."""
    parts = urlsplit(address)
    return parts.scheme, parts.netloc


def probe_endpoint(*, endpoint: ModelEndpoint, by: User | None) -> Findings:
    """Ask an endpoint what it can do, and store what was found; where it cannot be asked, the findings say why.

    Asks outside of any transaction. Raises Unprocessable for a baseline, Conflict when it was changed meanwhile.
    """
    _refuse_baseline(endpoint)
    try:
        patience = {"seconds": probing.PROBE_SECONDS, "try_seconds": probing.TRY_SECONDS}
        findings = probing.probe(connection_of(endpoint), current_policy(), **patience)
    except WinnowError as error:
        findings = Findings(adapter=endpoint.adapter, problem=str(error), complete=False)
    same = {name: getattr(endpoint, name) for name in (*WHO_ANSWERS, "encrypted_key")}
    limits = {"concurrency": findings.workers} if findings.workers else {}
    changed = ModelEndpoint.objects.filter(pk=endpoint.pk, **same).update(
        findings=findings.to_dict(), probed_at=timezone.now(), probe_problem=findings.problem[:500], **limits
    )
    if not changed:
        raise Conflict(CHANGED_MEANWHILE)
    endpoint.refresh_from_db()
    logger.info("%s probed the endpoint %s: %s", by or "The command line", endpoint, findings.summary())
    return findings


def test_endpoint(*, endpoint: ModelEndpoint, prompt: str, by: User | None) -> Result:
    """Ask one question, once, within 15 seconds; nothing is stored. Raises Unprocessable for a baseline."""
    _refuse_baseline(endpoint)
    connection = connection_of(endpoint)
    patience = min(connection.timeout_seconds, TEST_SECONDS)
    question = Question(({"role": "user", "content": prompt},), Sampling(max_tokens=TEST_TOKENS))
    logger.info("%s tests the endpoint %s", by or "The command line", endpoint)
    result = probing.ask(replace(connection, timeout_seconds=patience, tries=1), question, current_policy())
    if isinstance(result, Reply):
        return replace(result, text=scrub(result.text, connection.key))
    return replace(result, message=scrub(result.message, connection.key))


def retire_endpoint(*, endpoint: ModelEndpoint, by: User | None) -> None:
    """Take an endpoint out of what can be chosen; its runs stay, and go on. Raises Unprocessable for a baseline."""
    _refuse_baseline(endpoint)
    ModelEndpoint.objects.live().filter(pk=endpoint.pk).update(retired_at=timezone.now())
    logger.info("%s retired the endpoint %s", by or "The command line", endpoint)


def restore_endpoint(*, endpoint: ModelEndpoint, by: User | None) -> None:
    """Let a retired endpoint be chosen again."""
    ModelEndpoint.objects.filter(pk=endpoint.pk).update(retired_at=None)
    logger.info("%s restored the endpoint %s", by or "The command line", endpoint)


def _refuse_baseline(endpoint: ModelEndpoint) -> None:
    if endpoint.is_baseline():
        raise Unprocessable(f"“{endpoint}” is built in: it answers by itself. There is nothing to change or to ask.")
