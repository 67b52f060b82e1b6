"""Object storage: S3 buckets, Azure storage containers' accounts, Cloud Storage buckets."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from collectors.model.facts import Fact, NotNeeded
from collectors.model.grants import Grant, Switch
from collectors.model.places import Copy, Placed
from collectors.model.use import NOT_FOLLOWED, DataUse


class KeyHolder(StrEnum):
    """Who holds the key data is encrypted with, weakest first."""

    NONE = "none"
    PROVIDER = "provider"
    CUSTOMER_KEY = "customer_key"
    HSM = "hsm"


class Encryption(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Default encryption at rest. ``key_uid`` is the provider's name of the key, if one is named.

    ``holder`` is what the cloud says beside the resource itself: ``none``, or at least this.
    """

    holder: KeyHolder
    algorithm: str = ""
    key_uid: str = ""
    explicit: bool = True


class TlsOnly(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether requests without TLS are refused for everyone, on the bucket and all its objects.

    ``gaps`` says what a partial rule leaves open; ``statement`` is the rule that enforces it.
    """

    enforced: bool
    gaps: tuple[str, ...] = ()
    statement: Any = None


class Versioning(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Object versioning now. ``state`` is the provider's own word, empty where never set."""

    enabled: bool
    state: str = ""
    mfa_delete: bool = False


class AccessLogging(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Access logging now; ``target`` is where the log goes."""

    enabled: bool
    target: str = ""
    prefix: str = ""


class Website(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Static website hosting."""

    enabled: bool
    endpoint: str = ""


class ProviderOpinion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The provider's own "is it public", kept beside our verdict and never used as proof."""

    public: bool
    source: str


class Bucket(Placed, frozen=True, kw_only=True, tag="bucket"):
    """A bucket and everything its exposure, protection and place depend on.

    ``policy_silenced`` and ``acl_silenced`` are the merged switches of all levels (account,
    organisation, bucket) that silence public grants of that source. ``access_point_copies`` are the
    copies that multi-region access points spread the data over. ``key_holder`` is who really holds the key of
    the default encryption, NotNeeded where the encryption itself says so. ``switches`` are the raw switches
    per level, for evidence and drift. ``use`` is what logs tell of uses from outside; no collector reads it.
    """

    policy_grants: Fact[tuple[Grant, ...]]
    acl_grants: Fact[tuple[Grant, ...]]
    access_point_grants: Fact[tuple[Grant, ...]]
    policy_silenced: Fact[Switch]
    acl_silenced: Fact[Switch]
    switches: Fact[dict[str, dict[str, bool]]]
    default_encryption: Fact[Encryption]
    tls_only: Fact[TlsOnly]
    versioning: Fact[Versioning]
    access_logging: Fact[AccessLogging]
    access_point_copies: Fact[tuple[Copy, ...]]
    key_holder: Fact[KeyHolder] = NotNeeded("holder_told_with_encryption")
    provider_opinion: Fact[ProviderOpinion] = NotNeeded("nothing_granted")
    website: Fact[Website] = NotNeeded("nothing_public")
    requester_pays: Fact[bool] = NotNeeded("nothing_public")
    use: Fact[DataUse] = NotNeeded(NOT_FOLLOWED)
