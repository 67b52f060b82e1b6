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
        "copies_are_resources_of_their_own": (
            "Copies in other regions are snapshots, images or backups there, read and judged where they lie."
        ),
        "source_not_told": (
            "The cloud does not tell what it was copied from, so it is judged where it lies and not as a copy."
        ),
        "backups_are_not_copied": "A backup of a table stays in the region it was made in.",
        "public_flag_of_its_instances": "The cluster has no public flag of its own; each of its instances is judged.",
        "encrypted_as_its_snapshots_are": (
            "The image does not say whether it is encrypted; the snapshots it is made of are judged themselves."
        ),
        "image_without_disks": "The image has no disks of its own that could be encrypted.",
        "keys_are_those_of_its_snapshots": "Who holds the keys is judged on the snapshots that the image is made of.",
        "named_shares_not_read": (
            "Which accounts it is shared with by name was not read: no list tells, and no verdict hangs on it."
        ),
        "nothing_encrypted": "Nothing is encrypted, so there is no key.",
        "holder_told_with_encryption": "The encryption itself says who holds the key.",
        "group_members_only": "A rule lets in members of a security group alone, whose addresses are nobody else's.",
        "no_default_of_the_region": "Whether new ones are encrypted by default was not read.",
        "no_access_points": "This kind of storage has no access points.",
        "no_object_acls": "This kind of storage has no ACLs.",
        "no_tags": "Tags were not read, because nothing depends on them.",
        "nothing_granted": "Nothing is granted to others, so the cloud's own opinion was not asked for.",
        "nothing_public": "Nothing is public, so what would change how public it is was not read.",
        "policy_grants_unread_but_silenced": (
            "The policy could not be read, but a switch known to be on blocks public access through it."
        ),
        # What was seen and does not decide.
        "default_encryption_off": (
            "The region does not encrypt new disks by itself: each is only encrypted if it is asked for."
        ),
        "shared_but_blocked": (
            "It is shared with everyone, and a switch blocks that now: it is public again when the switch is turned "
            "off."
        ),
        "shared_with_named_accounts": "It is shared with other accounts by name: shown, no violation.",
        "sharing_block_unread": (
            "Whether a switch of the region blocks public sharing could not be read; the grant is what is judged."
        ),
        "firewall_not_judged": (
            "What the database's firewall lets in is shown and not judged: the public address is the violation."
        ),
        "attached_to_nothing": ("The group guards nothing now; what is attached to it next is as open at once."),
        "default_encryption_proves_nothing": (
            "Default encryption with a key of one's own does not lessen the exposure: objects may be stored without it."
        ),
        "no_residency_rule_for_class": "No rule says where data of this class may lie.",
        "no_public_address": (
            "Nothing that the group guards has a public address now: a load balancer, a gateway or one new address "
            "is all that it takes."
        ),
        "open_to_trusted_ranges": (
            "Ports are open to address ranges that the policy trusts, which are not taken for the internet."
        ),
        "open_without_ports": ("The internet reaches protocols that have no ports, such as ICMP: shown, no violation."),
        "object_acls_not_judged": "ACLs of single objects are not judged: where ACLs are in force, one may be public.",
        "provider_default_encryption": "Nothing is configured; the provider's own default encryption is what counts.",
        "provider_says_not_public": "The cloud itself calls the policy not public; the statements say otherwise.",
        "provider_says_public": "The cloud itself calls the policy public; no statement was found to reach the public.",
        "resource_control_policies_unread": (
            "Resource control policies of the organization could not be read: one of them may refuse this."
        ),
        "restricted_grants_present": (
            "Grants are held to an address range, a network, an organisation or named accounts: shown, no violation."
        ),
        "website_on_private_bucket": (
            "A static website is configured on storage that is not public; its content may be served to everyone "
            "through a content delivery network."
        ),
        "website_serves_bucket": "A static website serves what is public here, without TLS on its own endpoint.",
        # Identities.
        "administrator_already": "An administrator has nothing left to gain, so ways to escalate were not looked for.",
        "administrator_grant_conditional": (
            "Everything is granted under conditions that narrow what it covers, so it makes no administrator by itself."
        ),
        "administrator_grant_taken_back": (
            "Everything is granted, and a Deny or a permissions boundary takes back what makes an administrator."
        ),
        "escalation_conditional": "A way to escalate depends on conditions that could not be decided from here.",
        "escalation_without_target_today": (
            "A way to escalate leads to nobody with more privileges today; it is open to whoever comes."
        ),
        "external_id_missing": (
            "A whole foreign account is trusted without a fixed external id, so whoever it works for may have it act "
            "here."
        ),
        "federated_app_users": "Whoever may sign in to the app or identity pool that is named gets in.",
        "federation_lets_guests_in": "The identity pool's guests get in without any sign-in.",
        "federation_open_to_strangers": (
            "The identity provider serves everybody, and no condition tells one's own from a stranger's."
        ),
        "identity_center_role": (
            "The role belongs to IAM Identity Center: what it may do is set there, and so is MFA, which no API tells."
        ),
        "mfa_allow_strict": "A grant holds only for sessions with MFA.",
        "mfa_at_identity_provider": (
            "People come through an identity provider, and MFA is asked for there: show that by an attestation."
        ),
        "mfa_mitigated_by_policy": (
            "A policy refuses nearly everything without MFA, so a stolen password alone does little; the console can "
            "still be signed in to."
        ),
        "mfa_rule_completed_by_another": (
            "A policy about MFA refuses only part of what comes without it, and another one refuses the rest."
        ),
        "mfa_rule_covers_part": "A policy about MFA leaves out actions or resources that matter.",
        "mfa_rule_depends_on_more": "Whether a policy about MFA refuses anything depends on other conditions as well.",
        "mfa_rule_lets_access_keys_through": (
            "A policy that seems to require MFA lets access keys through: requests signed with one do not carry the "
            "key it asks for."
        ),
        "mfa_rule_locks_out": (
            "A policy that refuses everything without MFA also refuses setting MFA up, so nobody new can get it."
        ),
        "mfa_rule_misses_access_keys": (
            "A policy that refuses sessions without MFA misses access keys: requests signed with one do not carry the "
            "key it looks for."
        ),
        "mfa_rule_refuses_mfa_too": "A policy about MFA refuses sessions with MFA as well.",
        "mfa_rule_tests_presence_only": (
            "A policy about MFA only tests that the key is there, and a session without MFA carries it with the value "
            "false."
        ),
        "no_console": "There is no console to sign in to with this identity.",
        "no_console_password": "There is no console password, so there is nothing to ask for MFA at.",
        "no_mfa_device": "There is no MFA device whose kind could be told.",
        "no_signing_certificates_there": "The cloud has no certificates that this identity could sign requests with.",
        "provider_requires_root_mfa": (
            "AWS asks every root for MFA by itself since 2025; until a device is registered the next to sign in "
            "chooses it."
        ),
        "root_without_credentials": (
            "The root has neither password nor access key, so there is nothing to sign in with."
        ),
        "service_linked_role": (
            "The role belongs to a service of the cloud, which alone assumes it and decides what it may do."
        ),
        # Audit logging, keys, secrets, images, backups.
        "bucket_does_not_exist": "There is no such bucket, so there is nothing of it to read.",
        "bucket_of_another_account": "The bucket is another account's: its settings are told to nobody but its owner.",
        "copies_are_made_by_plans": "Backup plans make the copies, and are judged for them.",
        "deletion_rule_can_be_lifted": (
            "A bucket policy keeps the log from deletion, and whoever may change that policy or let objects expire can "
            "go round it."
        ),
        "events_left_out_as_allowed": "The trail leaves events out that the policy allows it to leave out.",
        "judged_with_the_bucket": "The bucket itself is judged by this.",
        "key_cannot_be_rotated": (
            "The cloud does not rotate asymmetric and HMAC keys: replace such a key by hand, with what uses it."
        ),
        "key_disabled": "The key is disabled: nothing is encrypted with it, and the cloud does not rotate it.",
        "key_in_custom_key_store": "The key lives in a key store of the customer's own and is replaced there by hand.",
        "key_material_imported": (
            "The key's material was imported, so the cloud does not rotate it by itself: import new material by hand."
        ),
        "key_pending_deletion": "The key waits for its deletion: nothing is encrypted with it any more.",
        "log_bucket_vouched_for": (
            "The log lies in another account's bucket that the operator vouches for: what it is open to cannot be "
            "seen from here."
        ),
        "object_lock_can_be_bypassed": (
            "Object Lock in governance mode keeps the log, and whoever holds s3:BypassGovernanceRetention can delete "
            "it all the same."
        ),
        "object_lock_ends_early": (
            "Object Lock keeps the log for less time than the policy asks for: what is older can be deleted by whoever "
            "has the right to."
        ),
        "replicas_are_rotated_with_it": "The key's replicas in other regions are rotated with it.",
        "rotated_with_its_primary": "A replica is rotated with its primary key, which is judged where it lies.",
        "trail_of_one_region": "A trail of one region cannot record the whole account: no more of it was read.",
        "trail_of_the_organization": "The organization keeps the trail for its member accounts.",
        "vault_is_empty": "The cloud made the vault by itself, and nothing lies in it yet.",
        # What a grant's own terms mean.
        "allow_with_not_principal": "An Allow with NotPrincipal grants everyone who is not named in it.",
        "time_condition_is_over": (
            "The grant ended at a date that has passed; the cloud does not take a date for a restriction, and one "
            "edit brings the grant back, so remove it."
        ),
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
        # Whether it was used.
        "access_log_not_delivered": (
            "Whether anyone used it is not known yet: no log has told of this bucket so far. S3 delivers access logs "
            "mostly within hours."
        ),
        "access_log_silent_since": (
            "The logs that are followed tell of no use from outside the account, but of no read at all for more than "
            "a week: either nobody reads it any more, or the log has stopped."
        ),
        "access_logging_off": (
            "Whether anyone used it cannot be known: the bucket logs no access, and no data events of it were seen."
        ),
        "access_not_followed": (
            "Whether anyone used it was not looked at: no access log or data events are followed for it."
        ),
        "changed_anonymously": "Somebody who did not sign in changed or deleted data in it.",
        "no_use_logged": (
            "The logs that are followed tell of no use from outside the account. They reach back to when logging "
            "began, and S3 may leave out or delay some lines."
        ),
        "use_unread": "Whether anyone used it could not be read.",
        "used_anonymously": "Somebody who did not sign in read or listed data in it.",
        "used_by_other_accounts": "Identities of other accounts used data in it.",
        "used_by_somebody_unknown": "Somebody used data in it of whom the log does not tell the account.",
        "vpc_origin_access_point": "The access point takes requests from its own network alone.",
    }
)


def explain(code: str) -> str:
    """Return the sentence for a note code; a code that is not listed is returned in words."""
    return NOTES.get(code) or f"{code.replace('_', ' ').capitalize()}."
