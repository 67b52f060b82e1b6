"""What the note codes of judgements mean, one plain sentence each. Machines get the code, people the sentence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NOTES: Mapping[str, str] = MappingProxyType(
    {
        # What was not read, and why that changes nothing.
        "access_point_grants_unread_but_silenced": (
            "An access point could not be read, but a switch known to be on blocks public access through it."
        ),
        "access_point_without_policy": "An access point has no policy of its own, so it opens nothing by itself.",
        "acl_grants_owner_alone": "The ACL holds no entry but the owner's, so what switches do to it was not read.",
        "acl_grants_unread_but_silenced": (
            "The ACL could not be read, but a switch known to be on makes the cloud ignore public grants in it."
        ),
        "acl_hidden": (
            "While public ACLs are ignored S3 leaves them out of its answer, so an ACL grant may be there that would "
            "bite if the switch were turned off."
        ),
        "no_access_points": "This kind of storage has no access points.",
        "no_object_acls": "This kind of storage has no ACLs.",
        "no_tags": "Tags were not read, because nothing depends on them.",
        "nothing_granted": "Nothing is granted to others, so the cloud's own opinion was not asked for.",
        "nothing_public": "Nothing is public, so what would change how public it is was not read.",
        "policy_grants_unread_but_silenced": (
            "The policy could not be read, but a switch known to be on blocks public access through it."
        ),
        # What was seen and does not decide.
        "default_encryption_proves_nothing": (
            "Default encryption with a key of one's own does not lessen the exposure: objects may be stored without it."
        ),
        "no_residency_rule_for_class": "No rule says where data of this class may lie.",
        "object_acls_not_judged": "ACLs of single objects are not judged: where ACLs are in force, one may be public.",
        "provider_default_encryption": "Nothing is configured; the provider's own default encryption is what counts.",
        "provider_says_not_public": "The cloud itself calls the policy not public; the statements say otherwise.",
        "provider_says_public": "The cloud itself calls the policy public; no statement was found to reach the public.",
        "restricted_grants_present": (
            "Grants are held to an address range, a network, an organisation or named accounts: shown, no violation."
        ),
        "website_on_private_bucket": (
            "A static website is configured on storage that is not public; its content may be served to everyone "
            "through a content delivery network."
        ),
        "website_serves_bucket": "A static website serves what is public here, without TLS on its own endpoint.",
        # What a grant's own terms mean.
        "allow_with_not_principal": "An Allow with NotPrincipal grants everyone who is not named in it.",
        "authenticated_requests_only": "Within its range the grant reaches signed requests only.",
        "bucket_policy_does_not_allow": (
            "The access point's policy allows what the bucket's policy does not, so such requests are refused."
        ),
        "cloudfront_origin_access_identity": (
            "A CloudFront distribution may read here: what it serves may be public although the bucket is not."
        ),
        "confused_deputy": (
            "A cloud service may act here for any of its customers: limit the grant by aws:SourceArn or "
            "aws:SourceAccount."
        ),
        "cut_off_by_public_statement": (
            "Another statement makes the policy public, so RestrictPublicBuckets cuts this grant off as well."
        ),
        "delegated_to_access_points": "The bucket's policy leaves the decision to the account's access points.",
        "foreign_access_point_decides": (
            "The bucket's policy leaves the decision to access points of another account, unseen from here."
        ),
        "foreign_identity_provider": "The grant names an identity provider in which anyone may open an account.",
        "limited_by_kms_key": "Only requests that name a certain KMS key pass, so only holders of that key get in.",
        "malformed_statement": "A statement could not be understood.",
        "principal_by_unique_id": (
            "A principal is given by its unique id, so its account cannot be told; a deleted principal looks the same."
        ),
        "requester_pays_refuses_anonymous": (
            "The requester pays, so unsigned requests are refused; anyone with an account at the cloud still gets in."
        ),
        "vpc_origin_access_point": "The access point takes requests from its own network alone.",
    }
)


def explain(code: str) -> str:
    """Return the sentence for a note code; a code that is not listed is returned in words."""
    return NOTES.get(code) or f"{code.replace('_', ' ').capitalize()}."
