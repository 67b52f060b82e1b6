"""AWS's own opinion on a bucket's policy, kept beside ours; where they differ, somebody is wrong."""

from __future__ import annotations

import structlog

from collectors.aws.answers import Answer, member
from collectors.aws.policy import PolicyDocument, aws_considers_public
from collectors.aws.s3.operations import GET_BUCKET_POLICY_STATUS
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known, ProviderOpinion

log = structlog.get_logger(__name__)


def read_opinion(account: AwsAccount, region: str, name: str) -> Fact[ProviderOpinion]:
    """Ask AWS whether it takes the bucket's policy for public; raises GoneError."""
    nothing = Known(_opinion(public=False))
    return account.read(GET_BUCKET_POLICY_STATUS, region, _status, nothing=nothing, Bucket=name)


def compare(account: AwsAccount, uid: str, policy: Fact[PolicyDocument | None], opinion: Fact[ProviderOpinion]) -> None:
    """Log a difference between AWS's answer and our model of AWS's rule, once a bucket until they agree again.

    Both are on the policy alone: a switch may silence what it grants, and the verdict may be PASS.
    """
    if not isinstance(policy, Known) or not isinstance(opinion, Known):
        return
    ours = aws_considers_public(policy.value)
    if not account.changed(f"opinion {uid}", to=ours != opinion.value.public) or ours == opinion.value.public:
        return
    log.warning(
        "the provider takes the bucket's policy otherwise than we do; that the policy bites is not said with it",
        bucket=uid,
        policy_by_provider="public" if opinion.value.public else "not public",
        policy_by_us="public" if ours else "not public",
    )
    if account.on_disagreement is not None:
        account.on_disagreement(uid)


def _status(answer: Answer) -> ProviderOpinion:
    public = member(member(answer, "PolicyStatus"), "IsPublic")
    return _opinion(public=public is True)


def _opinion(*, public: bool) -> ProviderOpinion:
    return ProviderOpinion(public=public, source=GET_BUCKET_POLICY_STATUS.name)
