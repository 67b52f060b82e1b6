"""storage.encryption_at_rest: whether new data is encrypted with a key held as its class requires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from collectors.model import Bucket, Encryption, KeyHolder, Known, NotNeeded, Provider
from detectors.model import (
    ClassRules,
    Detector,
    Evidence,
    Observation,
    Policy,
    Remediation,
    Severity,
    iso27001,
    over,
    rules_for,
)
from detectors.requirement import STRENGTH, Requirement
from detectors.storage.examples import azure_account, gcp_bucket, private_bucket

UID = "storage.encryption_at_rest"


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who must hold the key, weakest that passes: by default, and by data class.

    ``provider``: any encryption, the provider's own default too. ``customer_key``: a key in the
    customer's key service. ``hsm``: a key that lives in a hardware security module.
    """

    require: Requirement = Requirement.PROVIDER
    classes: Mapping[str, Requirement] = msgspec.field(default_factory=dict)


def _holder(encryption: Encryption) -> KeyHolder:
    """Return who holds the key; where nothing is configured the provider encrypts by itself."""
    if encryption.holder is KeyHolder.NONE and not encryption.explicit:
        return KeyHolder.PROVIDER
    return encryption.holder


def _rules(bucket: Bucket, policy: Policy) -> ClassRules[KeyHolder]:
    parameters = policy.parameter(UID, Parameters)
    classes = {name: KeyHolder(required.value) for name, required in parameters.classes.items()}
    return rules_for(policy, bucket, KeyHolder(parameters.require.value), classes)


@over("default_encryption", "key_holder", "tags")
def too_weak(bucket: Bucket, policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe a key held more weakly than required, whatever the data class may be."""
    encryption = bucket.default_encryption.value
    possible = _rules(bucket, policy)
    held = _holder(encryption)
    if not isinstance(bucket.key_holder, NotNeeded) and any(
        STRENGTH[held] < STRENGTH[rule.rule] for rule in possible.rules
    ):
        held = bucket.key_holder.value
    broken = [rule for rule in possible.rules if STRENGTH[held] < STRENGTH[rule.rule]]
    if not broken:
        return
    if possible.unread is not None and len(broken) < len(possible.rules):
        yield possible.unread
        return
    weakest = min(broken, key=lambda rule: STRENGTH[rule.rule])
    data = {
        "holder": held,
        "required": weakest.rule,
        "rule": weakest.name if possible.unread is None else "whatever the data class, which is unread",
        "algorithm": encryption.algorithm,
        "key_uid": encryption.key_uid,
    }
    yield Evidence(name="default_encryption", data={name: value for name, value in data.items() if value})


def notes(bucket: Bucket, _policy: Policy) -> Iterator[str]:
    """Yield that the provider's own default is what encrypts."""
    encryption = bucket.default_encryption
    if isinstance(encryption, Known) and not encryption.value.explicit:
        yield "provider_default_encryption"


_CUSTOMER_KEY = Policy(
    parameters={UID: Parameters(require=Requirement.PROVIDER, classes={"personal": Requirement.CUSTOMER_KEY})}
)
_PERSONAL = Known({"data-class": "personal"})
_BY_PROVIDER = Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", explicit=False))

_BY_A_KEY = Known(
    Encryption(
        holder=KeyHolder.PROVIDER,
        algorithm="aws:kms",
        key_uid="arn:aws:kms:eu-central-1:123456789012:key/66666666-7777-8888-9999-000000000000",
    )
)

DETECTOR = Detector(
    uid=UID,
    title="Storage is not encrypted at rest as required",
    on=Bucket,
    severity=Severity.MEDIUM,
    description=(
        "The default encryption of new objects uses a key that is held more weakly than the policy requires. The "
        "provider's own default counts as encryption under 'provider'; 'customer_key' and 'hsm' ask for more, for "
        "everything or by data class. Default encryption says nothing about objects that were stored before."
    ),
    risk=(
        "Without a key of one's own, access to stored data cannot be cut off by the key, nor its use recorded, nor "
        "the data be made unreadable by destroying the key."
    ),
    controls=(iso27001("5.23"), iso27001("8.24"), iso27001("5.34")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Encrypt new objects of bucket $name with a KMS key of your own (KEY_ARN, in $region; a key in a "
                "custom key store where an HSM is required). Stored objects keep their key until they are copied onto "
                "themselves, for example by S3 Batch Operations."
            ),
            cli=(
                "aws s3api put-bucket-encryption --region $region --bucket $name "
                "--server-side-encryption-configuration "
                '\'{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms",'
                '"KMSMasterKeyID":"KEY_ARN"},"BucketKeyEnabled":true}]}\''
            ),
            terraform=(
                'resource "aws_s3_bucket_server_side_encryption_configuration" "this" {\n'
                '  bucket = "$name"\n'
                "  rule {\n"
                "    apply_server_side_encryption_by_default {\n"
                '      sse_algorithm     = "aws:kms"\n'
                '      kms_master_key_id = "KEY_ARN"\n'
                "    }\n"
                "    bucket_key_enabled = true\n"
                "  }\n"
                "}"
            ),
        ),
        Provider.AZURE: Remediation(
            text=(
                "Encrypt storage account $name with a key of your own in Key Vault (in Managed HSM where an HSM is "
                "required). The account's managed identity needs get, wrap key and unwrap key on it first."
            ),
            cli=(
                "az storage account update --ids $uid --encryption-key-source Microsoft.Keyvault "
                "--encryption-key-vault VAULT_URI --encryption-key-name KEY_NAME"
            ),
            terraform=(
                'resource "azurerm_storage_account_customer_managed_key" "this" {\n'
                '  storage_account_id = "$uid"\n'
                '  key_vault_id       = "VAULT_ID"\n'
                '  key_name           = "KEY_NAME"\n'
                "}"
            ),
        ),
        Provider.GCP: Remediation(
            text=(
                "Give bucket $name a default Cloud KMS key of your own in its location (protection level HSM where an "
                "HSM is required). The project's Cloud Storage service agent needs "
                "roles/cloudkms.cryptoKeyEncrypterDecrypter on it first."
            ),
            cli="gcloud storage buckets update gs://$name --default-encryption-key=KEY_RESOURCE_NAME",
            terraform=(
                "# in the bucket's own resource\n"
                'resource "google_storage_bucket" "this" {\n'
                '  name = "$name"\n'
                "  encryption {\n"
                '    default_kms_key_name = "KEY_RESOURCE_NAME"\n'
                "  }\n"
                "}"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html",),
    violations=(too_weak,),
    notes=notes,
    parameters=Parameters,
    example_policy=_CUSTOMER_KEY,
    good=(
        private_bucket(tags=_PERSONAL),
        private_bucket(tags=_PERSONAL, default_encryption=_BY_A_KEY, key_holder=Known(KeyHolder.CUSTOMER_KEY)),
        private_bucket(default_encryption=_BY_PROVIDER),
        azure_account(),
        gcp_bucket(),
    ),
    bad=(
        private_bucket(tags=_PERSONAL, default_encryption=_BY_PROVIDER),
        private_bucket(tags=_PERSONAL, default_encryption=_BY_A_KEY, key_holder=Known(KeyHolder.PROVIDER)),
        private_bucket(default_encryption=Known(Encryption(holder=KeyHolder.NONE))),
        azure_account(tags=_PERSONAL),
        gcp_bucket(tags=_PERSONAL),
    ),
)
