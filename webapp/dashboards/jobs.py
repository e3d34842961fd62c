"""What is tidied up after each sweep: sums of the days that are over."""

from webapp.common.running import SWEEPS
from webapp.dashboards.actions import summarise_days


def sweep_days() -> None:
    """Sum up what has no sum yet."""
    summarise_days()


SWEEPS.append(sweep_days)
