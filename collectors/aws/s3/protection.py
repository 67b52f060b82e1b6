"""How a bucket's data is protected and described: encryption, versioning, logging, tags, website, payer.

Each function turns one API answer into a value of the model and raises ValueError for an answer that
makes no sense.
"""

from __future__ import annotations

from collectors.aws.answers import Answer, MalformedAnswerError, expect_root, member
from collectors.model import AccessLogging, Encryption, KeyHolder, Versioning, Website

# Since January 2023 S3 encrypts new objects with its own keys where nothing is configured (Amazon S3
# User Guide, "Default encryption FAQ").
PROVIDER_ENCRYPTS = Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", explicit=False)

_AWS_MANAGED_KEY = "alias/aws/s3"
_KMS = ("aws:kms", "aws:kms:dsse")

# Regions of before 2014 write their website endpoints with a dash (AWS General Reference, "Amazon S3
# website endpoints").
_DASHED = frozenset(
    {
        "us-east-1",
        "us-west-1",
        "us-west-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-northeast-1",
        "eu-west-1",
        "sa-east-1",
        "us-gov-west-1",
    }
)


def encryption(answer: Answer) -> Encryption:
    """Return the default encryption of a ``GetBucketEncryption`` answer: not who holds a key that it names."""
    rules = member(member(answer, "ServerSideEncryptionConfiguration"), "Rules")
    default = next((rule["ApplyServerSideEncryptionByDefault"] for rule in rules if _says_how(rule)), None)
    if default is None:
        return PROVIDER_ENCRYPTS
    algorithm = str(default["SSEAlgorithm"])
    key = str(default.get("KMSMasterKeyID") or "")
    if algorithm == "AES256":
        return Encryption(holder=KeyHolder.PROVIDER, algorithm=algorithm)
    if algorithm not in _KMS:
        message = f"SSEAlgorithm {algorithm}"
        raise MalformedAnswerError(message)
    return Encryption(holder=KeyHolder.PROVIDER, algorithm=algorithm, key_uid=key)


def names_a_key(encryption: Encryption) -> bool:
    """Whether a key is named that may be anyone's: its ARN does not say whether AWS or the customer manages it.

    Without one S3 takes the account's AWS managed key for S3 (Amazon S3 User Guide, "Using server-side encryption
    with AWS KMS keys"), which also has an alias of its own.
    """
    return bool(encryption.key_uid) and not encryption.key_uid.endswith(_AWS_MANAGED_KEY)


def _says_how(rule: Answer) -> bool:
    return bool(rule.get("ApplyServerSideEncryptionByDefault"))


def versioning(answer: Answer) -> Versioning:
    """Return the versioning of a ``GetBucketVersioning`` answer; it has no status where it was never set."""
    expect_root(answer, "Versioning")
    state = str(answer.get("Status", ""))
    return Versioning(enabled=state == "Enabled", state=state, mfa_delete=answer.get("MFADelete") == "Enabled")


def access_logging(answer: Answer) -> AccessLogging:
    """Return the server access logging of a ``GetBucketLogging`` answer; it is empty where off."""
    expect_root(answer, "Logging")
    target = answer.get("LoggingEnabled")
    if not target:
        return AccessLogging(enabled=False)
    return AccessLogging(enabled=True, target=member(target, "TargetBucket"), prefix=target.get("TargetPrefix", ""))


def tags(answer: Answer) -> dict[str, str]:
    """Return the tags of a ``GetBucketTagging`` answer."""
    return {tag["Key"]: tag["Value"] for tag in member(answer, "TagSet")}


def requester_pays(answer: Answer) -> bool:
    """Return whether unsigned requests are refused; an answer without a payer means the owner pays."""
    return answer.get("Payer") == "Requester"


def website(answer: Answer, *, name: str, region: str, partition: str) -> Website:
    """Return the website of a ``GetBucketWebsite`` answer; its endpoint follows from the bucket's name and place."""
    expect_root(answer, "Website")
    separator = "-" if region in _DASHED else "."
    domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return Website(enabled=True, endpoint=f"http://{name}.s3-website{separator}{region}.{domain}")
