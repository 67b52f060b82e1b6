"""From what a collector streams to what is known, told and shipped."""

from daemon.passes.judging import Judging
from daemon.passes.publisher import Publisher, Silent
from daemon.passes.runner import PassRunner
from daemon.passes.scope_pass import OnJudgement

__all__ = ["Judging", "OnJudgement", "PassRunner", "Publisher", "Silent"]
