"""From a stored endpoint to a connection."""

from webapp.evals.asking.questions import Connection
from webapp.evals.keys import decrypt
from webapp.evals.models import ModelEndpoint


def connection_of(endpoint: ModelEndpoint) -> Connection:
    """How `endpoint` is reached, with its key. Raises Unprocessable when the key cannot be read any more."""
    return Connection(
        adapter=endpoint.adapter,
        address=endpoint.address,
        model=endpoint.model,
        key=decrypt(endpoint.encrypted_key),
        concurrency=endpoint.concurrency,
        timeout_seconds=float(endpoint.timeout_seconds),
        tries=endpoint.tries,
    )
