"""Resource limits of one process, set before it reads anything that it runs."""

import resource

__all__ = ["apply"]

#: What one file in the working folder may hold.
FILE_BYTES = 16_000_000
OPEN_FILES = 64
#: Processes and threads of nobody, where nobody has a user namespace of its own.
PROCESSES = 64
#: Seconds of processor time beyond the wall clock's, which the host watches; only a broken host lets it come to this.
SPARE_SECONDS = 2


def apply(*, memory_mb: int, seconds: int, is_alone: bool) -> None:
    """Limit memory (address space), processor time, files and core dumps of this process for good.

    The number of processes too, if the user is alone in its namespace: RLIMIT_NPROC counts all that a user has there.
    Without it there is still the filter, which refuses to make processes, and the stacks of threads take memory.
    """
    for kind, limit in (
        *([(resource.RLIMIT_NPROC, PROCESSES)] if is_alone else []),
        (resource.RLIMIT_AS, memory_mb * 1024 * 1024),
        (resource.RLIMIT_CPU, seconds + SPARE_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        most = resource.getrlimit(kind)[1]
        value = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(kind, (value, value))
