"""Making a task of tasks_core without the progress bars that its libraries write while they load a dataset.

A command shows the progress of its job on the same terminal, and a worker's log is no place for bars. They are
switched off for the process, but only while a dataset is loaded: the library of tasks leaves that to who uses it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tasks_core.common import Task
from tasks_core.registry import HUB_ADDRESS, get_task


def open_task(name: str, values: Mapping[str, object]) -> Task:
    """The task called `name` with these parameters. Raises what `tasks_core.registry.build` raises."""
    info = get_task(name)
    if not info.source_url.startswith(HUB_ADDRESS):
        return info.build(**values)  # no dataset, so its heavy library need not be imported
    with _without_bars():
        return info.build(**values)


@contextmanager
def _without_bars() -> Iterator[None]:
    try:
        import datasets
        from huggingface_hub import utils as downloads
    except ImportError:  # the task says so, and how to get it
        yield
        return
    shown = [library for library in (datasets, downloads) if not library.are_progress_bars_disabled()]
    for library in shown:
        library.disable_progress_bars()
    try:
        yield
    finally:
        for library in shown:
            library.enable_progress_bars()
