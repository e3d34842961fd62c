"""The peer of bench_eval: a plain aiohttp client that asks the same questions at the same concurrency, and no more.

Not run by hand. Reads one JSON from standard input: address, concurrency, bodies. Keeps nothing and scores nothing.
"""

import asyncio
import json
import sys
from typing import Any

import aiohttp


async def main() -> None:
    """Ask everything."""
    wanted: dict[str, Any] = json.load(sys.stdin)
    left = iter(wanted["bodies"])
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask() -> None:
            for body in left:
                async with session.post(f"{wanted['address']}/chat/completions", json=body) as response:
                    await response.json()

        await asyncio.gather(*(ask() for _ in range(wanted["concurrency"])))


if __name__ == "__main__":
    asyncio.run(main())
