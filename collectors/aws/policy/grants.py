"""The grants of a bucket policy to anyone outside the owner's account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from collectors.aws.policy import notes
from collectors.aws.policy.document import Effect, PolicyDocument
from collectors.aws.policy.opinion import aws_considers_public
from collectors.aws.policy.probes import Setting
from collectors.aws.policy.reaching import Allow, Deny, Reached, Reaching, rules
from collectors.aws.policy.rectangles import Container, resource_name
from collectors.aws.policy.requests import Identity, Request
from collectors.model import PUBLIC_REACH, Fact, Grant, Known, Reach, Switch, Unread, UnreadReason

RESOURCE_CONTROL_POLICY = "organization resource control policy"
"""What ``Grant.blocked_by`` says where a resource control policy refuses what the bucket policy allows."""


def bucket_policy_grants(  # noqa: PLR0913 - each is a separate fact of the account or bucket
    document: PolicyDocument | None,
    *,
    bucket_arn: str,
    owner_account: str,
    restricted: Fact[Switch],
    requester_pays: bool = False,
    resource_control_policies: Sequence[PolicyDocument] = (),
    owner_canonical_id: str = "",
) -> tuple[Grant, ...]:
    """Return the policy's grants to anyone outside the owner's account; none for ``None`` (no policy).

    ``restricted`` is the merged RestrictPublicBuckets (``merge_blocks(...).restrict_public_buckets``);
    ``owner_account`` 12 digits; ``requester_pays`` True where it is known on; ``resource_control_policies`` those
    that apply to this account (none in the organization's management account); ``owner_canonical_id`` the owner's
    canonical user id where known. Raises nothing for what the policy holds.

    One Grant for each statement and reach, in the order of the statements, widest reach first; after them, for each
    statement that could not be read, unless it is a Deny, a Grant of reach ``unknown`` with ``unread`` saying what is
    odd, whose ``effective`` is that Unread(malformed), or Known(False) where RestrictPublicBuckets is known on.
    Sources: S3BPA, IAMCK, IAMNP, RCP.
    """
    if document is None:
        return ()
    container = Container.of_bucket(bucket_arn)
    origin = Origin(
        via="bucket policy",
        operation="s3:GetBucketPolicy",
        container=container,
        restricted=restricted,
        considered_public=aws_considers_public(document),
    )
    applied = rules(document, container)
    setting = Setting(owner_account=owner_account, requester_pays=requester_pays)
    reaching = Reaching(applied.denies, setting, owner_canonical_id=owner_canonical_id)
    overruled = organization_denies(resource_control_policies, container)
    within = Reaching((*applied.denies, *overruled), setting, owner_canonical_id=owner_canonical_id)
    granted = [
        grant
        for allow in applied.allows
        for grant in origin.grants(allow, reaching.of(allow), within.of(allow) if overruled else None)
    ]
    return (*granted, *origin.unreadable(document))


def delegates_to_access_points(document: PolicyDocument | None, *, bucket_arn: str, owner_account: str) -> bool:
    """Return whether some Allow admits outsiders that come through an access point of the owner's account (S3AP).

    False proves that no access point policy of this account can open the bucket. True also where a statement could
    not be read.
    """
    if document is None:
        return False
    if any(statement.effect is not Effect.DENY for statement in document.unreadable):
        return True
    applied = rules(document, Container.of_bucket(bucket_arn))
    through = Request(identity=Identity.OUTSIDER, access_point_account=owner_account)
    reaching = Reaching(applied.denies, Setting(owner_account=owner_account, via=through))
    return any(reaching.admits_outsiders(allow) for allow in applied.allows)


def organization_denies(policies: Sequence[PolicyDocument], container: Container) -> tuple[Deny, ...]:
    """Return what resource control policies deny on the container. Their Allows grant nothing to anybody."""
    return tuple(deny for policy in policies for deny in rules(policy, container).denies)


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a policy stands and what silences it: makes Grants of what its statements reach.

    ``considered_public`` is AWS's rule for the policies at work: where it holds, RestrictPublicBuckets cuts off every
    outsider but AWS services, public or not.
    """

    via: str
    operation: str
    container: Container
    restricted: Fact[Switch]
    considered_public: bool
    marks: tuple[str, ...] = ()

    def grants(self, allow: Allow, alone: tuple[Reached, ...], within: tuple[Reached, ...] | None) -> Iterator[Grant]:
        """Yield the Grants of one Allow: what it reaches, and what of that a resource control policy leaves.

        ``within`` is the reach with the resource control policies counted, None where there are none.
        """
        if within is None:
            within = alone
        left = {reached.reach: set(reached.pieces) for reached in within}
        for reached in alone:
            lost = tuple(piece for piece in reached.pieces if piece not in left.get(reached.reach, ()))
            if lost:
                cut = msgspec.structs.replace(reached, pieces=lost)
                yield self._grant(allow, cut, Known(value=False), (RESOURCE_CONTROL_POLICY,))
        for reached in within:
            yield self.grant(allow, reached)

    def grant(self, allow: Allow, reached: Reached) -> Grant:
        """Return the Grant for one reach, silenced or not by RestrictPublicBuckets."""
        # Whatever reaches the public is public for AWS too, so its rule alone decides whom the switch cuts off.
        cut_off = self.considered_public and reached.reach is not Reach.PRIVATE
        match self.restricted:
            case Known(switch) if cut_off and switch.on:
                marks = () if reached.reach in PUBLIC_REACH else (notes.PUBLIC_STATEMENT_CUTS,)
                return self._grant(allow, reached, Known(value=False), switch.by, *marks)
            case Unread() as unread if cut_off:
                return self._grant(allow, reached, unread, ())
            case _:
                return self._grant(allow, reached, Known(value=True), ())

    def unreadable(self, document: PolicyDocument) -> Iterator[Grant]:
        """Yield a Grant of unknown reach for each statement that may allow something and makes no sense."""
        for statement in document.unreadable:
            if statement.effect is not Effect.DENY:
                yield self._unknown(statement.index, statement.problem, statement.raw)
        for sound in document.statements:
            if sound.effect is Effect.ALLOW:
                for name, element in (
                    ("Principal", sound.principals),
                    ("Action", sound.actions),
                    ("Resource", sound.resources),
                ):
                    if element is None:
                        yield self._unknown(sound.index, f"the statement has no {name}", sound.raw)
                        break

    def _unknown(self, index: int, problem: str, raw: Any) -> Grant:  # noqa: ANN401 - the statement as written
        detail = f"statement {index + 1}: {problem}"
        unread = Unread(reason=UnreadReason.MALFORMED, operation=self.operation, detail=detail)
        switch = self.restricted.value if isinstance(self.restricted, Known) else Switch(on=False)
        return Grant(
            reach=Reach.UNKNOWN,
            what=(),
            via=self.via,
            effective=Known(value=False) if switch.on else unread,
            blocked_by=switch.by if switch.on else (),
            statement=raw,
            notes=(notes.MALFORMED,),
            unread=unread,
        )

    def _grant(
        self, allow: Allow, reached: Reached, effective: Fact[bool], blocked_by: tuple[str, ...], *marks: str
    ) -> Grant:
        return Grant(
            reach=reached.reach,
            what=reached.what,
            via=self.via,
            effective=effective,
            blocked_by=blocked_by,
            resources=tuple(dict.fromkeys(resource_name(piece, self.container) for piece in reached.pieces)),
            principals=reached.principals,
            statement=allow.statement.raw,
            notes=(*reached.notes, *self.marks, *marks),
        )
