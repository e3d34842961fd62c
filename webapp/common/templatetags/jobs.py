"""Jobs on pages."""

from django import template

from webapp.common.models import Job
from webapp.common.running import link_of

register = template.Library()


@register.simple_tag
def job_link(job: Job) -> str:
    """`{% job_link job as link %}`: the page of what a job makes or works on; empty where there is none."""
    return link_of(job) or ""
