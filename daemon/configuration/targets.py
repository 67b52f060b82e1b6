"""What is watched: one target a cloud account, tenant, project or a whole organization of them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, JsonValue, field_validator, model_validator

from daemon.configuration.section import Section
from daemon.configuration.values import (
    AccountId,
    AnyText,
    BucketName,
    Duration,
    Flag,
    Name,
    OrganizationNumber,
    ProjectId,
    Regions,
    RoleName,
    Subscriptions,
    TenantId,
    Text,
    Url,
    refuse,
)


class ScheduleOverride(Section):
    """How often this target is read; what is not set comes from the general schedule."""

    config: Duration | None = None
    """How often the configuration of the resources is polled."""
    reconcile: Duration | None = None
    """How often everything is read anew, to prove that the faster ways missed nothing."""
    logs: Duration | None = None
    """How often the audit and access logs are read."""


_SWITCHED_ON: dict[str, JsonValue] = {"not": {"const": False}}


class CloudTrailSource(Section):
    """CloudTrail, from the trail's bucket or (slower, management events only) by LookupEvents."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["bucket"]}, {"required": ["lookup"], "properties": {"lookup": _SWITCHED_ON}}]
        }
    )

    source: Literal["aws.cloudtrail"]
    """The kind of log: aws.cloudtrail or aws.s3access."""
    bucket: BucketName | None = None
    """The bucket that the trail writes to."""
    prefix: AnyText = ""
    """The prefix the trail writes under, before AWSLogs/."""
    queue_url: Url | None = None
    """The SQS queue that is told of new files; without it the bucket is listed."""
    lookup: Flag = False
    """Ask the LookupEvents API instead of reading a bucket."""

    @model_validator(mode="after")
    def _one_way(self) -> CloudTrailSource:
        if (self.bucket is not None) == self.lookup:
            refuse("either bucket: (the trail's bucket) or lookup: true, and not both")
        if self.lookup and (self.queue_url is not None or self.prefix):
            refuse("no prefix and no queue_url where lookup: true is set; they belong to a bucket")
        return self


class S3AccessLogSource(Section):
    """S3 server access logs, from the bucket that receives them."""

    source: Literal["aws.s3access"]
    """The kind of log: aws.cloudtrail or aws.s3access."""
    bucket: BucketName
    """The bucket that receives the access logs."""
    prefix: AnyText = ""
    """The prefix the access logs are written under."""
    queue_url: Url | None = None
    """The SQS queue that is told of new files; without it the bucket is listed."""


class AzureLogSource(Section):
    """A table of a Log Analytics workspace."""

    source: Literal["azure.activitylogs", "azure.signinlogs", "azure.auditlogs", "azure.storage"]
    """The kind of log: azure.activitylogs, azure.signinlogs, azure.auditlogs or azure.storage."""
    workspace: Text
    """The id of the Log Analytics workspace the log is sent to."""


class GcpLogSource(Section):
    """Cloud Audit Logs, from Cloud Logging."""

    source: Literal["gcp.audit"]
    """The kind of log: gcp.audit."""


AwsLogSource: TypeAlias = Annotated[CloudTrailSource | S3AccessLogSource, Field(discriminator="source")]


class Target(Section):
    """What the targets of every cloud have in common."""

    name: Name
    """A name of your choice, unique in the file; it is a label of metrics and part of state."""
    schedule: ScheduleOverride = ScheduleOverride()
    """How often this target is read, where that differs from the general schedule."""


class AwsTarget(Target):
    """AWS accounts, or an AWS organization. Credentials come from the SDK's own chain."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["accounts"]},
                {"required": ["organization"], "properties": {"organization": _SWITCHED_ON}},
            ],
            "dependentRequired": {"external_id": ["role_name"]},
        }
    )

    provider: Literal["aws"]
    """The cloud: aws, azure or gcp."""
    accounts: tuple[AccountId, ...] = ()
    """The accounts to read, each 12 digits in quotes. Either this or organization: true."""
    organization: Flag = False
    """Discover the accounts of the organization and follow it as they come and go."""
    profile: Text | None = None
    """The profile of the AWS configuration file to take credentials from."""
    role_name: RoleName | None = None
    """The role that is assumed in each account; without it the credentials are used as they are."""
    external_id: Text | None = None
    """The external id that the role's trust policy asks for."""
    regions: Regions = "all"
    """The regions to read regional services in: all (that the account has enabled), or a list."""
    endpoint_url: Url | None = None
    """The endpoint for all AWS services, for private or sovereign endpoints."""
    logs: tuple[AwsLogSource, ...] = ()
    """The audit and access logs to read."""

    @field_validator("accounts")
    @classmethod
    def _each_once(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(accounts)) < len(accounts):
            refuse("each account once")
        return accounts

    @model_validator(mode="after")
    def _accounts_or_organization(self) -> AwsTarget:
        if bool(self.accounts) == self.organization:
            refuse('either accounts: (a list such as ["123456789012"]) or organization: true, and not both')
        if self.external_id is not None and self.role_name is None:
            refuse("role_name: beside external_id: (an external id is sent when a role is assumed)")
        return self


class AzureEndpoints(Section):
    """Endpoints of a private or sovereign Azure cloud, each optional."""

    authority: Url | None = None
    """Where tokens are issued (https://login.microsoftonline.com)."""
    resource_manager: Url | None = None
    """Azure Resource Manager (https://management.azure.com)."""
    graph: Url | None = None
    """Microsoft Graph (https://graph.microsoft.com)."""
    log_analytics: Url | None = None
    """The Log Analytics query API (https://api.loganalytics.io)."""


class AzureTarget(Target):
    """Subscriptions of one Entra tenant. Credentials come from the SDK's own chain."""

    provider: Literal["azure"]
    """The cloud: aws, azure or gcp."""
    tenant_id: TenantId
    """The Entra tenant."""
    subscriptions: Subscriptions = "all"
    """The subscriptions to read: all that the credentials can see, or a list of ids."""
    endpoints: AzureEndpoints = AzureEndpoints()
    """Other endpoints than those of the public cloud."""
    logs: tuple[AzureLogSource, ...] = ()
    """The audit and access logs to read."""


class GcpEndpoints(Section):
    """Other endpoints than those of the public Google Cloud, each optional."""

    storage: Url | None = None
    """Cloud Storage (https://storage.googleapis.com)."""
    asset: Url | None = None
    """Cloud Asset Inventory (https://cloudasset.googleapis.com)."""
    logging: Url | None = None
    """Cloud Logging (https://logging.googleapis.com)."""
    resource_manager: Url | None = None
    """Resource Manager (https://cloudresourcemanager.googleapis.com)."""
    iam: Url | None = None
    """Identity and Access Management (https://iam.googleapis.com)."""
    admin: Url | None = None
    """The Admin SDK's Directory API (https://admin.googleapis.com)."""
    compute: Url | None = None
    """Compute Engine (https://compute.googleapis.com)."""


class GcpTarget(Target):
    """Google Cloud projects, or a whole organization. Credentials come from the SDK's own chain."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["organization"]}, {"required": ["projects"]}]})

    provider: Literal["gcp"]
    """The cloud: aws, azure or gcp."""
    organization: OrganizationNumber | None = None
    """The organization whose projects are read, in quotes. Either this or projects."""
    projects: tuple[ProjectId, ...] = ()
    """The projects to read. Either this or organization."""
    endpoints: GcpEndpoints = GcpEndpoints()
    """Other endpoints than those of the public cloud."""
    logs: tuple[GcpLogSource, ...] = ()
    """The audit and access logs to read."""

    @model_validator(mode="after")
    def _projects_or_organization(self) -> GcpTarget:
        if bool(self.projects) == (self.organization is not None):
            refuse('either organization: "123456789012" or projects: (a list of ids), and not both')
        return self


AnyTarget: TypeAlias = Annotated[AwsTarget | AzureTarget | GcpTarget, Field(discriminator="provider")]
