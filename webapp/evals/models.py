"""What evaluations leave behind: endpoints, runs, one result for each question asked, answers, and counts."""

import json
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone


class Adapter(models.TextChoices):
    """How an endpoint is spoken to. The baselines answer by themselves, without a network."""

    OPENAI = "openai", "OpenAI-compatible chat completions"
    NANOCHAT = "nanochat", "nanochat's own server"
    REFERENCE = "reference", "reference: the stored answer"
    CHANCE = "chance", "chance: a seeded guess"


BASELINES = (Adapter.REFERENCE, Adapter.CHANCE)


class ModelEndpointQuerySet(models.QuerySet["ModelEndpoint"]):
    def live(self) -> Self:
        """Not retired."""
        return self.filter(retired_at=None)


class ModelEndpoint(models.Model):
    """A model that can be asked: where it is, how it is spoken to, and what asking it has shown."""

    name = models.CharField(max_length=100, unique=True)
    adapter = models.CharField(max_length=10, choices=Adapter.choices, default=Adapter.OPENAI)
    # The base address without the path of the call: "http://127.0.0.1:8080/v1". Empty for a baseline.
    address = models.CharField(max_length=500, default="", blank=True)
    model = models.CharField(max_length=200, default="", blank=True)
    # Encrypted with a key that is not in the database (webapp/evals/keys.py); empty for none.
    encrypted_key = models.TextField(default="", blank=True)
    # Limits: questions at once (nanochat: its GPUs), seconds for one try, tries for one question.
    concurrency = models.PositiveSmallIntegerField(default=8)
    timeout_seconds = models.PositiveIntegerField(default=120)
    tries = models.PositiveSmallIntegerField(default=3)
    # What was found by asking (webapp/evals/probing.py, `Findings.to_dict`); {} before the first probe.
    findings = models.JSONField(default=dict)
    probed_at = models.DateTimeField(null=True)
    # Why the last probe could not ask; empty where it could.
    probe_problem = models.CharField(max_length=500, default="", blank=True)
    retired_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ModelEndpointQuerySet] = ModelEndpointQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def is_baseline(self) -> bool:
        return self.adapter in BASELINES

    def has_key(self) -> bool:
        return bool(self.encrypted_key)


class EvalRunQuerySet(models.QuerySet["EvalRun"]):
    def with_results(self) -> Self:
        """Runs whose numbers are final."""
        return self.filter(state=EvalRun.State.DONE)


class EvalRun(models.Model):
    """One evaluation: an endpoint, what it is asked, and a configuration that stays as it was at the start."""

    class State(models.TextChoices):
        CHOOSING = "choosing", "choosing what to ask"
        RUNNING = "running", "running"
        PAUSED = "paused", "paused"
        DONE = "done", "done"
        CANCELLED = "cancelled", "cancelled"
        FAILED = "failed", "failed"

    name = models.CharField(max_length=200)
    endpoint = models.ForeignKey(ModelEndpoint, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHOOSING)
    # Why it is paused or failed, and what to do; for people.
    reason = models.CharField(max_length=500, default="", blank=True)
    # What to ask about (webapp/evals/choosing.py, `Selection.to_dict`).
    selection = models.JSONField(default=dict)
    # SHA-256 (hex) over id, version and content hash of what was chosen, in order; empty until it is chosen.
    selection_hash = models.CharField(max_length=64, default="", blank=True)
    # Of what was chosen: what no grader takes is left out and counted.
    left_out = models.PositiveIntegerField(default=0)
    # Sampling and scoring as asked for (webapp/evals/configuration.py, `RunSettings.to_dict`).
    options = models.JSONField(default=dict)
    # Frozen at the start: endpoint, findings, mode, versions of scorer and prompt, sandbox profile, Winnow's version.
    configuration = models.JSONField(default=dict)
    # Questions: conversations times samples. `done` has an outcome.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # Of these: answered from the store of answers, without asking.
    from_store = models.PositiveIntegerField(default=0)
    # The numbers and plots of the page (webapp/evals/reporting.py), as of `reported_at`.
    report = models.JSONField(default=dict)
    reported_at = models.DateTimeField(null=True)
    job = models.ForeignKey("common.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[EvalRunQuerySet] = EvalRunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (models.Index(fields=["state", "id"], name="eval_run_state"),)

    def __str__(self) -> str:
        return self.name

    def is_finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.CANCELLED, self.State.FAILED}

    def is_live(self) -> bool:
        """Its numbers still change."""
        return self.state in {self.State.CHOOSING, self.State.RUNNING}

    def percent(self) -> float:
        return 100 * self.done / self.total if self.total else 0.0


class Answer(models.Model):
    """What an endpoint answered, kept under everything that determines it: no run asks for it twice."""

    # SHA-256 over adapter, address, model, messages, sampling, mode and sample (webapp/evals/answers.py).
    key = models.BinaryField(max_length=32, unique=True)
    text = models.TextField()
    # "stop", "length" (cut off at the limit of tokens), or "" where the endpoint does not say.
    finish = models.CharField(max_length=20, default="", blank=True)
    # Natural logarithms of the probabilities of the allowed letters, as JSON: {"A": -0.1, ...}; empty for none.
    letters = models.TextField(default="", blank=True)
    # The letter was forced by a second question, because no allowed one was in the list.
    forced = models.BooleanField(default=False)
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"answer {self.pk}"

    def letter_logprobs(self) -> dict[str, float]:
        found: dict[str, float] = json.loads(self.letters) if self.letters else {}
        return found


class Outcome(models.TextChoices):
    """What came of a question. An error is one of the infrastructure: it is never a wrong answer."""

    RIGHT = "right", "right"
    WRONG = "wrong", "wrong"
    NO_ANSWER = "no_answer", "no answer"
    CUT_OFF = "cut_off", "cut off"
    ERROR = "error", "error"


#: These make up the accuracy: the model has answered, and what it said was scored (no answer and cut off as 0).
SCORED = (Outcome.RIGHT, Outcome.WRONG, Outcome.NO_ANSWER, Outcome.CUT_OFF)


class EvalResultQuerySet(models.QuerySet["EvalResult"]):
    def scored(self) -> Self:
        return self.filter(outcome__in=[str(outcome) for outcome in SCORED])


class EvalResult(models.Model):
    """One question of a run: a conversation, and which sample of it; with what came of it.

    Rows are made when the run has chosen; ids rise with the conversation's. A worker claims a few, asks, and writes.
    """

    class State(models.IntegerChoices):
        WAITING = 0, "waiting"
        CLAIMED = 1, "being asked"
        DONE = 2, "done"

    run = models.ForeignKey(EvalRun, on_delete=models.CASCADE, related_name="results", db_index=False)
    conversation = models.ForeignKey("conversations.Conversation", on_delete=models.CASCADE, related_name="results")
    # From 0; more than one for pass@k.
    sample = models.PositiveSmallIntegerField(default=0)
    # The version of the conversation that is asked about.
    version = models.PositiveIntegerField()
    # The task that scores it (a name of tasks_core's registry, "" for an uploaded file), its grader, its subject.
    task = models.CharField(max_length=60, default="", blank=True)
    grader = models.CharField(max_length=10, default="", blank=True)
    subject = models.CharField(max_length=100, default="", blank=True)
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.WAITING)
    # Who asks: a job and its fencing number.
    claim_job = models.BigIntegerField(null=True)
    claim_fence = models.BigIntegerField(null=True)
    # Empty until it is done.
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default="", blank=True)
    # What kind of error (a slug of webapp/evals/asking/failures.py) or of code failure (tasks_core.sandbox.Outcome).
    kind = models.CharField(max_length=20, default="", blank=True)
    detail = models.CharField(max_length=300, default="", blank=True)
    # What was read out of the answer: the letter, the number behind "#### ", of a program the line that defines the
    # function; and the number by the lenient rule.
    extracted = models.CharField(max_length=100, default="", blank=True)
    lenient = models.CharField(max_length=100, default="", blank=True)
    # Right by the lenient rule; NULL where there is none.
    lenient_right = models.BooleanField(null=True)
    # What the stored answer gives by the same rule: the letter, the number, the name of the function.
    expected = models.CharField(max_length=100, default="", blank=True)
    answer = models.ForeignKey(Answer, null=True, on_delete=models.PROTECT, related_name="results")
    tries = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[EvalResultQuerySet] = EvalResultQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "conversation", "sample"], name="eval_result_once"),)
        indexes = (
            models.Index(fields=["run", "id"], name="eval_result_waiting", condition=models.Q(state=0)),
            models.Index(fields=["run", "id"], name="eval_result_claimed", condition=models.Q(state=1)),
            models.Index(fields=["run", "outcome", "conversation", "sample"], name="eval_result_outcome"),
            models.Index(fields=["run", "task", "subject", "conversation"], name="eval_result_subject"),
        )

    def __str__(self) -> str:
        return f"result {self.pk}"

    def is_done(self) -> bool:
        return self.state == self.State.DONE


class EvalTally(models.Model):
    """How many results of a run have an outcome; written in the transaction that changes them."""

    run = models.ForeignKey(EvalRun, on_delete=models.CASCADE, related_name="tallies", db_index=False)
    task = models.CharField(max_length=60, default="", blank=True)
    subject = models.CharField(max_length=100, default="", blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    kind = models.CharField(max_length=20, default="", blank=True)
    total = models.BigIntegerField(default=0)
    # Of these: judged by the lenient rule, and right by it.
    lenient_judged = models.BigIntegerField(default=0)
    lenient_right = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["run", "task", "subject", "outcome", "kind"], name="eval_tally_once"),
        )

    def __str__(self) -> str:
        return f"run {self.run_id} {self.outcome}: {self.total}"
