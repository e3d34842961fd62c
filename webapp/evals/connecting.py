"""From a stored endpoint to a connection."""

from webapp.evals.asking.questions import Connection
from webapp.evals.keys import decrypt
from webapp.evals.models import ModelEndpoint


def connection_of(endpoint: ModelEndpoint, *, address: str | None = None, model: str | None = None) -> Connection:
    """How `endpoint` is reached, with its key; `address` and `model` where a run has fixed them at its start.

    Raises Unprocessable when the key cannot be read any more.
    """
    return Connection(
        adapter=endpoint.adapter,
        address=endpoint.address if address is None else address,
        model=endpoint.model if model is None else model,
        key=decrypt(endpoint.encrypted_key),
        concurrency=endpoint.concurrency,
        timeout_seconds=float(endpoint.timeout_seconds),
        tries=endpoint.tries,
    )
