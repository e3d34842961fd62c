"""The process that asks for an engine elsewhere (apart.py): carries out orders, and tells what has come."""

import logging
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection as Pipe

from webapp.evals.asking.apart import State, Told
from webapp.evals.asking.asker import Asker

#: Results are handed over this often (seconds): many in one message cost less.
_TELL_SECONDS = 0.01


def _serve(orders: Pipe, news: Pipe) -> None:
    """The life of the process: carry out orders until the pipe ends."""
    connection, policy, pace, silent_seconds = orders.recv()
    with Asker(connection, policy, pace=pace) as asker:
        heard = [1]
        threading.Thread(target=_tell, args=(asker, news, heard), daemon=True).start()
        while True:
            if not orders.poll(silent_seconds):
                asker.set_cap(0)  # until the worker says how many again, which it does all the time
            order = orders.recv()
            if isinstance(order, int):
                asker.set_cap(order)
            else:
                for ticket, question in order:
                    asker.submit(ticket, question)
            heard[0] += 1


def _tell(asker: Asker, news: Pipe, heard: list[int]) -> None:
    last = State()
    while True:
        time.sleep(_TELL_SECONDS)
        count = heard[0]
        results = asker.take(0)
        state = State(count, asker.concurrency, asker.open, asker.later, asker.hold_until, asker.stopped)
        if results or state != last:
            try:
                news.send(Told(state, results))
            except OSError:
                return  # the other thread sees the end, too
            last = state


def main(orders: int, news: int) -> None:
    """Run as a process of its own; the numbers are those of its pipes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker decides what an interrupt ends
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.basicConfig(level=logging.ERROR)
    try:
        _serve(Pipe(orders, writable=False), Pipe(news, readable=False))
    except (EOFError, OSError):
        pass
    finally:
        os._exit(0)  # what is in flight is dropped at once


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
