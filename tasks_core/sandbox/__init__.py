"""Running code that nobody trusts, such as a model's, and judging it by tests.

    with Sandbox() as sandbox:
        verdict = sandbox.judge(head="", code="def add(a, b): ...", test="def check(add): ...", entry_point="add")
        verdict.passed, verdict.outcome, verdict.detail, verdict.output, verdict.profile

The code never shares a process with its tests. Its process is forked, for each job, from a warm one inside bubblewrap
(or under Landlock) and filters its own system calls; the tests run in another such process and call it with plain data.
"""

from tasks_core.errors import SandboxRefused
from tasks_core.sandbox.outcomes import Outcome, Verdict
from tasks_core.sandbox.profiles import Profile
from tasks_core.sandbox.sandbox import Sandbox, shared_sandbox
from tasks_core.sandbox.selftest import choose_profile

__all__ = ["Outcome", "Profile", "Sandbox", "SandboxRefused", "Verdict", "choose_profile", "shared_sandbox"]
