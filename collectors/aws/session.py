"""One account: its session, its credentials, its clients, its limits. None of it reaches another account."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from collectors.api import Asks, CallObserver, everything
from collectors.aws.answers import Answer
from collectors.aws.operations import ASSUME_ROLE, GET_CALLER_IDENTITY, Operation
from collectors.aws.throttle import BY_REGION, DEFAULT_PACING, PACING, Pacing, TokenBucket
from collectors.aws.trust import Trust
from collectors.aws.workers import Cost
from collectors.model import Fact, Known, Unread, UnreadReason

if TYPE_CHECKING:
    import boto3

T = TypeVar("T")

log = structlog.get_logger(__name__)

VERIFIED_WITHIN = 60.0
"""Seconds for which the regions of one pass take the credentials' account as verified."""

_PROOF_AGE = 60.0
_FALLBACK_REGION = "us-east-1"


class AwsAccount:
    """One AWS account as one configured target reaches it. Sends nothing before it is asked to read.

    Credentials are those of the SDK's own chain, or of ``profile``; with ``role_name`` that role is
    assumed in the account (with ``external_id``) and renewed before it expires. ``regions`` bounds
    what regional collectors read (empty: all). ``endpoint_url`` replaces every service's endpoint.

    ``observer`` is told of each call as it ends; ``on_disagreement`` gets the uid of each resource
    whose exposure the provider judges otherwise than we do; ``asked`` says which facts anything looks
    at, ``pacing`` how many calls a second each service takes; ``organization`` has credentials that may read
    the account's organization, where they are others. Safe for use by many threads.
    """

    def __init__(  # noqa: PLR0913 - the target's own settings, by name
        self,
        account_id: str,
        *,
        profile: str | None = None,
        role_name: str | None = None,
        external_id: str | None = None,
        regions: Sequence[str] = (),
        endpoint_url: str | None = None,
        observer: CallObserver | None = None,
        on_disagreement: Callable[[str], None] | None = None,
        asked: Asks = everything,
        pacing: Mapping[str, Pacing] = PACING,
        organization: AwsAccount | None = None,
    ) -> None:
        self.account_id = account_id
        self.regions = tuple(regions)
        self.endpoint_url = endpoint_url or None
        self.on_disagreement = on_disagreement
        self.asked = asked
        self.organization = organization
        self._pacing = pacing
        self.cost = Cost()
        # What the cloud said that never changes, by whatever the collectors find it again with.
        self.lasting: dict[tuple[str, ...], Any] = {}
        self._profile = profile or None
        self._role_name = role_name or None
        self._external_id = external_id or None
        self._observer = observer
        self._lock = threading.RLock()
        self._own: boto3.Session | None = None
        self._working: boto3.Session | None = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._own_sts: Any = None
        self._readers: Counter[str] = Counter()
        self._trust = Trust()
        self._buckets: dict[str, TokenBucket] = {}
        self._conditions: set[str] = set()
        self._verified = -math.inf
        self._verified_key = ""
        self._proven = float("-inf")

    @classmethod
    def connect(cls, account_id: str, **settings: Any) -> AwsAccount:  # noqa: ANN401 - the constructor's own keywords
        """Return the account, as its constructor does. Nothing is sent yet."""
        return cls(account_id, **settings)

    @property
    def home_region(self) -> str:
        """Where calls that belong to no region go: the chain's region if allowed, else the first allowed.

        Raises botocore's ProfileNotFound for a profile that is not configured; after
        :meth:`verify` returned None it cannot.
        """
        named = self._own_session().region_name
        if self.regions and named not in self.regions:
            return self.regions[0]
        return named or _FALLBACK_REGION

    @property
    def partition(self) -> str:
        """The partition of the home region: ``aws``, ``aws-cn``, ``aws-us-gov``, ..."""
        from botocore.exceptions import UnknownRegionError

        try:
            return str(self._own_session().get_partition_for_region(self.home_region))
        except UnknownRegionError:
            return "aws"

    def client(self, service: str, region: str) -> Any:  # noqa: ANN401 - the SDK builds its clients at run time
        """Return the account's client of a service in a region, made on first use.

        It has the operations that are declared (``collectors.aws.operations``), and no others. Raises
        what botocore raises for a profile or configuration that cannot work.
        """
        found = self._clients.get((service, region))
        if found is not None:
            return found
        with self._lock:
            found = self._clients.get((service, region))
            if found is None:
                found = self._clients[service, region] = self._make_client(self._session(), service, region)
            return found

    @contextmanager
    def reading(self, region: str) -> Iterator[None]:
        """Keep the clients of a region while something there is read, and let them go with the last that does.

        Until the next read of a region the cloud has closed its connections anyway; kept, those of all
        regions, services and accounts would take more memory and open files than all else. The home region's,
        which every read uses, are kept.
        """
        with self._lock:
            self._readers[region] += 1
        try:
            yield
        finally:
            with self._lock:
                self._readers[region] -= 1
                idle = [] if self._readers[region] else [key for key in self._clients if key[1] == region]
                # With a client there is a session, and so a home region.
                released = [self._clients.pop(key) for key in idle if region != self.home_region]
            for client in released:
                client.close()

    def _client_with(self, operation: Operation, region: str) -> Any:  # noqa: ANN401 - see client
        """Return the client, made anew where the operation was declared only after it was made."""
        client = self.client(operation.service, region)
        if hasattr(client, operation.method):
            return client
        with self._lock:
            if self._clients.get((operation.service, region)) is client:
                del self._clients[operation.service, region]
        return self.client(operation.service, region)

    def call(self, operation: Operation, region: str, **parameters: Any) -> Answer:  # noqa: ANN401 - the API's parameters
        """Make one call and return the SDK's answer; raises what the SDK raises.

        The call waits its turn in the service's token bucket; the observer is told its outcome after
        all retries.
        """
        return self._call(self._client_with(operation, region), operation, parameters)

    def read(
        self,
        operation: Operation,
        region: str,
        take: Callable[[Answer], T],
        *,
        nothing: Fact[T] | None = None,
        **parameters: Any,  # noqa: ANN401 - the API's parameters
    ) -> Fact[T]:
        """Make one call and return what ``take`` makes of the answer, as a fact.

        ``nothing`` is what it means when the service says "not configured" (an ``absent`` code of
        the operation). Raises GoneError where the service says that the resource does not exist,
        and nothing else for whatever the cloud, the network or the credentials do.
        """
        from collectors.aws import errors

        fact = errors.read(lambda: self.call(operation, region, **parameters), operation, take, nothing)
        if isinstance(fact, Unread) and fact.detail in errors.REGION_DISABLED and self._refuses_only(region):
            return Unread(
                reason=UnreadReason.SERVICE_DISABLED, operation=operation.uid, detail=f"{region}:{fact.detail}"
            )
        return fact

    def rate(self, service: str, region: str = "") -> float:
        """Return how many calls a second a service of this account is asked for at most now."""
        return self._bucket(service, region).rate

    def verify(self, *, within: float = 0.0) -> Unread | None:
        """Return why the credentials cannot be used for this account, None where they can.

        Credentials of another account would have its resources judged under this one's name (an
        account that is named by no id is whichever the credentials belong to). Where STS cannot be
        reached or asked, reading goes on, and that is logged, if there is proof without it: a role was
        assumed whose ARN names the account, or the same access key was verified before. An answer that
        was good and is younger than ``within`` seconds is not asked for again: the regions of one
        pass share it.
        """
        if time.monotonic() - self._verified < within:
            return None
        identity, key = self._identity_now()
        if isinstance(identity, Unread):
            return self._unverified(identity, key)
        if self.account_id not in ("", identity.value):
            return Unread(
                reason=UnreadReason.CREDENTIALS,
                operation=GET_CALLER_IDENTITY.uid,
                detail=f"credentials_of_account_{identity.value}",
            )
        self._verified, self._verified_key = time.monotonic(), key
        self.changed("unverified", to=False)
        return None

    def _unverified(self, identity: Unread, key: str) -> Unread | None:
        """Return why nothing is read, None where the credentials are this account's although STS does not say so."""
        of_role = key != "" and self._role_name is not None
        proven = of_role or not self.account_id or (key != "" and key == self._verified_key)
        if identity.reason is UnreadReason.CREDENTIALS or not proven:
            return identity
        if self.changed("unverified", to=True):
            log.warning(
                "STS does not say whose the credentials are: reading goes on, since they are a role's of this account "
                "or were verified before",
                account=self.account_id,
                error=identity.summary,
            )
        return None

    def changed(self, condition: str, *, to: bool) -> bool:
        """Note whether a condition holds; return whether it did not stand so before (at first: not)."""
        with self._lock:
            if (condition in self._conditions) is to:
                return False
            if to:
                self._conditions.add(condition)
            else:
                self._conditions.discard(condition)
            return True

    def _identity_now(self) -> tuple[Fact[str], str]:
        """Ask whose credentials these are, with those that the chain holds now if the ones at hand are refused.

        Keys that are rotated in the environment's files reach a process that lives for months this way.
        """
        begun = bool(self._clients)
        identity, key = self._identity()
        if begun and isinstance(identity, Unread) and identity.reason is UnreadReason.CREDENTIALS:
            with self._lock:
                self._own = self._working = self._own_sts = None
                self._verified = -math.inf
                self._clients.clear()
            return self._identity()
        return identity, key

    def _identity(self) -> tuple[Fact[str], str]:
        """Return whose credentials these are, and their access key's id.

        A configuration that cannot work is an Unread like any other.
        """
        from collectors.aws import errors

        key = ""

        def ask() -> Answer:
            nonlocal key
            credentials = self._session().get_credentials()
            key = "" if credentials is None else str(credentials.get_frozen_credentials().access_key)
            return self.call(GET_CALLER_IDENTITY, self.home_region)

        identity = errors.read(ask, GET_CALLER_IDENTITY, lambda answer: str(answer["Account"]), None)
        self._proven = time.monotonic() if isinstance(identity, Known) else float("-inf")
        return identity, key

    def _refuses_only(self, region: str) -> bool:
        """Whether credentials that a region refuses are good elsewhere: the region is not enabled then."""
        if region == self.home_region:
            return False
        if time.monotonic() - self._proven > _PROOF_AGE:
            self._identity()
        return time.monotonic() - self._proven <= _PROOF_AGE

    def _own_session(self) -> boto3.Session:
        """Return the session of the chain's own credentials, before any role is assumed."""
        with self._lock:
            if self._own is None:
                from collectors.aws.credentials import own_session

                self._own = own_session(self._profile)
            return self._own

    def _session(self) -> boto3.Session:
        """Return the session that reads: the role's where one is configured."""
        if self._role_name is None:
            return self._own_session()
        with self._lock:
            if self._working is None:
                from collectors.aws.credentials import role_session

                self._working = role_session(self._profile, self._assume)
            return self._working

    def _assume(self) -> Answer:
        from collectors.aws.credentials import SESSION_NAME

        with self._lock:
            if self._own_sts is None:
                self._own_sts = self._make_client(self._own_session(), ASSUME_ROLE.service, self.home_region)
        parameters = {
            "RoleArn": f"arn:{self.partition}:iam::{self.account_id}:role/{self._role_name}",
            "RoleSessionName": SESSION_NAME,
        }
        if self._external_id is not None:
            parameters["ExternalId"] = self._external_id
        return self._call(self._own_sts, ASSUME_ROLE, parameters)

    def _call(self, client: Any, operation: Operation, parameters: Mapping[str, Any]) -> Answer:  # noqa: ANN401 - see client
        from collectors.aws import errors

        self._bucket(operation.service, client.meta.region_name, operation.name).acquire()
        outcome = "ok"
        started, worked = time.monotonic(), time.thread_time()
        try:
            answer: Answer = getattr(client, operation.method)(**parameters)
        except errors.SDK_ERRORS as error:
            outcome = errors.outcome(error, operation)
            raise
        else:
            return answer
        finally:
            seconds = time.monotonic() - started
            self.cost.add(seconds, time.thread_time() - worked)
            if self._observer is not None:
                self._observer(service=operation.service, operation=operation.name, outcome=outcome, seconds=seconds)

    def _bucket(self, service: str, region: str, operation: str = "") -> TokenBucket:
        """Return what paces an operation: its own bucket where it has a limit of its own, else the service's."""
        own = f"{service}:{operation}"
        paced = own if own in self._pacing else service
        name = f"{paced}@{region}" if paced in BY_REGION else paced
        found = self._buckets.get(name)
        if found is None:
            with self._lock:
                found = self._buckets.setdefault(name, TokenBucket(self._pacing.get(paced, DEFAULT_PACING)))
        return found

    def _make_client(self, session: boto3.Session, service: str, region: str) -> Any:  # noqa: ANN401 - see client
        from collectors.aws.clients import make_client

        client = make_client(
            session,
            service,
            region,
            account=self.account_id,
            endpoint_url=self.endpoint_url,
            on_throttle=lambda operation: self._bucket(service, region, operation).slow_down(),
        )
        self._trust.share(client)
        return client
