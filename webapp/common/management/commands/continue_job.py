"""Go on with a job that was stopped, failed or left behind."""

from argparse import ArgumentParser
from typing import Any

from webapp.common.actions import continue_job
from webapp.common.commands import JobCommand
from webapp.common.errors import Conflict, NotFound
from webapp.common.models import Job


class Command(JobCommand):
    help = "Go on with a job that was stopped (Ctrl-C), has failed, or was left behind by a dead process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The job's number, as the page of jobs shows it."""
        parser.add_argument("job", type=int, help="the number of the job")
        super().add_arguments(parser)

    def start(self, options: dict[str, Any]) -> Job:
        """Queue it again where it is stopped."""
        job = Job.objects.filter(pk=options["job"]).first()
        if job is None:
            raise NotFound(f"There is no job {options['job']}.")
        if job.state == Job.State.DONE:
            raise Conflict(f"Job {job.pk} is done: there is nothing to continue.")
        if job.is_finished():
            continue_job(job=job, by=None, send=options["queue"])
            job.refresh_from_db()
        return job
