"""From a stored endpoint to a connection."""

from webapp.evals.asking.questions import Connection
from webapp.evals.keys import decrypt
from webapp.evals.models import ModelEndpoint


def connection_of(endpoint: ModelEndpoint, *, address: str = "", model: str = "") -> Connection:
    """How `endpoint` is reached, with its key; `address` and `model` may be those of an earlier day.

    Raises Unprocessable when its key cannot be read any more.
    """
    return Connection(
        adapter=endpoint.adapter,
        address=address or endpoint.address,
        model=model or endpoint.model,
        key=decrypt(endpoint.encrypted_key),
        concurrency=endpoint.concurrency,
        timeout_seconds=float(endpoint.timeout_seconds),
        tries=endpoint.tries,
    )
