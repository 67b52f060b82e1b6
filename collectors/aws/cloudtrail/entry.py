"""One trail as ``DescribeTrails`` tells it."""

from __future__ import annotations

from collectors.aws.answers import Answer, MalformedAnswerError, member

_REGION, _ACCOUNT, _PARTS = 3, 4, 6


class Entry:
    """One entry of ``DescribeTrails``; raises MalformedAnswerError for one that makes no sense.

    ``region`` is the trail's home, ``account`` who owns it: the organization's management account, or one that it
    delegated this to, for a trail that it keeps for its members.
    """

    def __init__(self, entry: Answer) -> None:
        self.arn = str(member(entry, "TrailARN"))
        parts = self.arn.split(":", _PARTS - 1)
        if len(parts) < _PARTS:
            message = "TrailARN"
            raise MalformedAnswerError(message)
        self.account = parts[_ACCOUNT]
        self.name = str(entry.get("Name") or self.arn.rpartition("/")[2])
        self.region = str(entry.get("HomeRegion") or parts[_REGION])
        self.bucket = str(member(entry, "S3BucketName"))
        self.prefix = str(entry.get("S3KeyPrefix") or "").strip("/")
        self.log_group = str(entry.get("CloudWatchLogsLogGroupArn") or "")
        self.log_group_region = _region_of(self.log_group) if self.log_group else ""
        self.multi_region = bool(member(entry, "IsMultiRegionTrail"))
        self.organization = bool(entry.get("IsOrganizationTrail"))
        self.global_services = bool(entry.get("IncludeGlobalServiceEvents"))
        self.validated = bool(entry.get("LogFileValidationEnabled"))
        self.key = str(entry.get("KmsKeyId") or "")


def _region_of(arn: str) -> str:
    parts = arn.split(":")
    if len(parts) < _PARTS or not parts[_REGION]:
        message = "CloudWatchLogsLogGroupArn"
        raise MalformedAnswerError(message)
    return parts[_REGION]
