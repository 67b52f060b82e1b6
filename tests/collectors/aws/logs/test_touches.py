"""What an event may have changed: one event for each operation of the table, as CloudTrail writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.aws.logs.cloudtrail import CloudTrailRecord, decode_record
from collectors.aws.logs.events import cloudtrail_event, of_consequence
from collectors.aws.logs.touches import touches
from collectors.aws.logs.touches_table import SERVICES

ACCOUNT = "111122223333"
REGION = "eu-central-1"
REAL = Path(__file__).parents[3] / "data" / "events" / "aws.cloudtrail.otrf.jsonl"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/people/alice"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"

IDENTITIES = f"arn:aws:iam::{ACCOUNT}:*"
USERS = f"arn:aws:iam::{ACCOUNT}:user/*"
ROLES = f"arn:aws:iam::{ACCOUNT}:role/*"
BUCKETS = "arn:aws:s3:::*"
Case = tuple[str, dict[str, Any] | None, Any, tuple[str, ...]]


def event(source: str, name: str, asked: Any = None, answered: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAALICE",
            "arn": ALICE,
            "accountId": ACCOUNT,
            "userName": "alice",
        },
        "eventTime": "2026-03-04T08:15:30Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "198.51.100.24",
        "userAgent": "aws-cli/2.15",
        "requestParameters": asked,
        "responseElements": answered,
        "eventID": "e-1",
        "readOnly": False,
        "managementEvent": True,
        "eventCategory": "Management",
        "recipientAccountId": ACCOUNT,
        **more,
    }


def decode(one: dict[str, Any]) -> CloudTrailRecord:
    return decode_record(json.dumps(one).encode())


def touched(*args: Any, **more: Any) -> tuple[str, ...]:
    return touches(decode(event(*args, **more)))


def user(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def ec2(kind: str, name: str) -> str:
    return f"arn:aws:ec2:{REGION}:{'' if kind == 'snapshot' else ACCOUNT}:{kind}/{name}"


def regional(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def trail(name: str) -> str:
    return regional("cloudtrail", f"trail/{name}")


TABLE_BACKUP = regional("dynamodb", "table/t/backup/0123")
AUDIT_LOGGING = f"arn:aws:cloudtrail::{ACCOUNT}:trail"


def of_bucket(name: str) -> Case:
    return name, {"bucketName": "b", "Host": "b.s3.amazonaws.com"}, None, ("arn:aws:s3:::b",)


def of_user(name: str) -> Case:
    return name, {"userName": "bob"}, None, (user("bob"),)


def of_role(name: str) -> Case:
    return name, {"roleName": "deploy"}, None, (role("deploy"),)


def each(names: str, asked: Any, uids: tuple[str, ...], answered: Any = None) -> list[Case]:
    return [(name, asked, answered, uids) for name in names.split()]


AUDIT_LOGGING = f"arn:aws:cloudtrail::{ACCOUNT}:trail*"
ACCESS_POINT = {"name": "ap", "accountId": ACCOUNT}
GROUP = {"groupId": "sg-1"}
BUCKET_OPERATIONS = (
    "CreateBucket DeleteBucket PutBucketAcl PutBucketPolicy DeleteBucketPolicy PutBucketPublicAccessBlock "
    "DeleteBucketPublicAccessBlock PutBucketEncryption DeleteBucketEncryption PutBucketVersioning PutBucketLogging "
    "PutBucketReplication DeleteBucketReplication PutBucketTagging DeleteBucketTagging PutBucketOwnershipControls "
    "DeleteBucketOwnershipControls PutBucketWebsite DeleteBucketWebsite PutBucketRequestPayment PutBucketLifecycle "
    "PutBucketObjectLockConfiguration PutBucketSomethingNew"
)
USER_OPERATIONS = (
    "DeleteUser TagUser UntagUser AttachUserPolicy DetachUserPolicy PutUserPolicy DeleteUserPolicy "
    "PutUserPermissionsBoundary DeleteUserPermissionsBoundary CreateAccessKey DeleteAccessKey UpdateAccessKey "
    "EnableMFADevice DeactivateMFADevice ResyncMFADevice ChangePassword CreateLoginProfile UpdateLoginProfile "
    "DeleteLoginProfile UploadSigningCertificate UpdateSigningCertificate DeleteSigningCertificate "
    "UploadSSHPublicKey UpdateSSHPublicKey DeleteSSHPublicKey CreateServiceSpecificCredential "
    "UpdateServiceSpecificCredential DeleteServiceSpecificCredential"
)
ROLE_OPERATIONS = (
    "DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy AttachRolePolicy DetachRolePolicy "
    "PutRolePolicy DeleteRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary TagRole UntagRole "
    "DeleteServiceLinkedRole"
)

CASES: dict[str, list[Case]] = {
    "s3": [
        *map(of_bucket, BUCKET_OPERATIONS.split()),
        *each(
            "PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock",
            {"accountId": ACCOUNT, "PublicAccessBlockConfiguration": {"BlockPublicAcls": False}},
            (BUCKETS,),
        ),
        *each(
            "CreateAccessPoint",
            {
                **ACCESS_POINT,
                "CreateAccessPointRequest": {"Bucket": "b", "xmlns": "http://awss3control.amazonaws.com/"},
            },
            ("arn:aws:s3:::b",),
        ),
        *each("DeleteAccessPoint PutAccessPointPolicy DeleteAccessPointPolicy", ACCESS_POINT, (BUCKETS,)),
        *each(
            "CreateMultiRegionAccessPoint",
            {
                "CreateMultiRegionAccessPointRequest": {
                    "ClientToken": "t",
                    "Details": {"Name": "m", "Regions": {"Region": [{"Bucket": "b"}, {"Bucket": "c"}]}},
                }
            },
            ("arn:aws:s3:::b", "arn:aws:s3:::c"),
        ),
        *each("DeleteMultiRegionAccessPoint PutMultiRegionAccessPointPolicy", {"Details": {"Name": "m"}}, (BUCKETS,)),
        *each(
            "PutObject CopyObject DeleteObject DeleteObjects PutObjectAcl PutObjectTagging DeleteObjectTagging "
            "RestoreObject UploadPart UploadPartCopy CreateMultipartUpload CompleteMultipartUpload "
            "AbortMultipartUpload PutObjectRetention PutObjectLegalHold",
            {"bucketName": "b", "key": "k"},
            (),
        ),
    ],
    "iam": [
        *map(of_user, USER_OPERATIONS.split()),
        *map(of_role, ROLE_OPERATIONS.split()),
        ("CreateUser", {"userName": "bob", "path": "/x/"}, {"user": {"arn": user("x/bob")}}, (user("x/bob"),)),
        ("UpdateUser", {"userName": "bob", "newUserName": "eve"}, None, (user("bob"), user("eve"))),
        ("CreateRole", {"roleName": "r", "path": "/x/"}, {"role": {"arn": role("x/r")}}, (role("x/r"),)),
        ("CreateServiceLinkedRole", {"aWSServiceName": "a"}, {"role": {"arn": role("aws/s")}}, (role("aws/s"),)),
        *each("AddUserToGroup RemoveUserFromGroup", {"userName": "bob", "groupName": "g"}, (user("bob"),)),
        *each(
            "AttachGroupPolicy DetachGroupPolicy PutGroupPolicy DeleteGroupPolicy UpdateGroup DeleteGroup",
            {"groupName": "g"},
            (USERS,),
        ),
        *each("SetDefaultPolicyVersion", {"policyArn": "arn:aws:iam::1:policy/p", "versionId": "v2"}, (IDENTITIES,)),
        *each("CreatePolicyVersion", {"policyArn": "arn:aws:iam::1:policy/p", "setAsDefault": True}, (IDENTITIES,)),
        *each("CreatePolicyVersion", {"policyArn": "arn:aws:iam::1:policy/p", "setAsDefault": False}, ()),
        *each("UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy", {"minimumPasswordLength": 8}, (IDENTITIES,)),
        *each(
            "CreateSAMLProvider UpdateSAMLProvider DeleteSAMLProvider CreateOpenIDConnectProvider "
            "DeleteOpenIDConnectProvider AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider "
            "UpdateOpenIDConnectProviderThumbprint",
            {"name": "p"},
            (ROLES,),
        ),
        *each("CreatePolicy", {"policyName": "p"}, ()),
        *each("DeletePolicy DeletePolicyVersion TagPolicy UntagPolicy", {"policyArn": "arn:aws:iam::1:policy/p"}, ()),
        *each("CreateGroup CreateVirtualMFADevice", {"groupName": "g"}, ()),
    ],
    "signin": each("PasswordUpdated PasswordRecoveryCompleted EmailUpdated", None, (ALICE,)),
    "ec2": [
        *each(
            "CreateTags DeleteTags",
            {"resourcesSet": {"items": [{"resourceId": uid} for uid in ("vol-1", "snap-1", "i-1", "ami-1", "sg-1")]}},
            (ec2("volume", "vol-1"), ec2("snapshot", "snap-1"), ec2("image", "ami-1"), ec2("security-group", "sg-1")),
        ),
        ("CreateSecurityGroup", {"groupName": "web"}, {"groupId": "sg-1"}, (ec2("security-group", "sg-1"),)),
        *each(
            "DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
            "RevokeSecurityGroupEgress",
            GROUP,
            (ec2("security-group", "sg-1"),),
        ),
        *each("DeleteSecurityGroup", {"groupName": "web"}, (ec2("security-group", "*"),)),
        *(
            (name, {f"{name}Request": {"GroupId": "sg-1"}}, None, (ec2("security-group", "sg-1"),))
            for name in (
                "ModifySecurityGroupRules",
                "UpdateSecurityGroupRuleDescriptionsIngress",
                "UpdateSecurityGroupRuleDescriptionsEgress",
            )
        ),
        *each(
            "ModifyManagedPrefixList RestoreManagedPrefixListVersion",
            {"ModifyManagedPrefixListRequest": {"PrefixListId": "pl-1"}},
            (ec2("security-group", "*"),),
        ),
        *each(
            "CreateNetworkInterface ModifyNetworkInterfaceAttribute ModifyInstanceAttribute",
            {"groupSet": {"items": [GROUP]}, "imageId": "ami-1"},
            (ec2("security-group", "sg-1"),),
        ),
        (
            "RunInstances",
            {"instancesSet": {"items": [{"imageId": "ami-1"}]}, "groupSet": {"items": [GROUP]}},
            {"instancesSet": {"items": [{"groupSet": {"items": [GROUP, {"groupId": "sg-2"}]}}]}},
            (ec2("security-group", "sg-1"), ec2("security-group", "sg-2")),
        ),
        ("CreateVolume", {"snapshotId": "snap-1"}, {"volumeId": "vol-1"}, (ec2("volume", "vol-1"),)),
        (
            "CopyVolumes",
            {"CopyVolumesRequest": {}},
            {"CopyVolumesResponse": {"volumeSet": {"item": {"volumeId": "vol-1"}}}},
            (ec2("volume", "vol-1"),),
        ),
        ("ModifyVolume", {"ModifyVolumeRequest": {"VolumeId": "vol-1"}}, None, (ec2("volume", "vol-1"),)),
        *each("DeleteVolume AttachVolume DetachVolume", {"volumeId": "vol-1"}, (ec2("volume", "vol-1"),)),
        *each("CreateSnapshot", {"volumeId": "vol-1"}, (ec2("snapshot", "snap-1"),), answered={"snapshotId": "snap-1"}),
        *each(
            "CopySnapshot",
            {"sourceSnapshotId": "snap-0"},
            (ec2("snapshot", "snap-1"),),
            answered={"snapshotId": "snap-1"},
        ),
        (
            "CreateSnapshots",
            {"CreateSnapshotsRequest": {}},
            {
                "CreateSnapshotsResponse": {
                    "snapshotSet": {"item": [{"snapshotId": "snap-1"}, {"snapshotId": "snap-2"}]}
                }
            },
            (ec2("snapshot", "snap-1"), ec2("snapshot", "snap-2")),
        ),
        *each(
            "ModifySnapshotAttribute ResetSnapshotAttribute DeleteSnapshot RestoreSnapshotFromRecycleBin",
            {"snapshotId": "snap-1", "createVolumePermission": {"add": {"items": [{"group": "all"}]}}},
            (ec2("snapshot", "snap-1"),),
        ),
        *each("CreateImage", {"instanceId": "i-1"}, (ec2("image", "ami-1"),), answered={"imageId": "ami-1"}),
        *each("CopyImage RegisterImage", {"name": "i"}, (ec2("image", "ami-1"),), answered={"imageId": "ami-1"}),
        *each(
            "ModifyImageAttribute ResetImageAttribute DeregisterImage", {"imageId": "ami-1"}, (ec2("image", "ami-1"),)
        ),
        *each(
            "EnableSnapshotBlockPublicAccess DisableSnapshotBlockPublicAccess", {"state": "x"}, (ec2("snapshot", "*"),)
        ),
        *each("EnableImageBlockPublicAccess DisableImageBlockPublicAccess", {"state": "x"}, (ec2("image", "*"),)),
        *each(
            "EnableEbsEncryptionByDefault DisableEbsEncryptionByDefault ModifyEbsDefaultKmsKeyId "
            "ResetEbsDefaultKmsKeyId",
            {},
            (ec2("volume", "*"),),
        ),
        *each(
            "RequestSpotInstances RequestSpotFleet CreateFleet CreateLaunchTemplate CreateLaunchTemplateVersion",
            {"imageId": "ami-1", "groupId": "sg-1"},
            (),
        ),
        *each("StopInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}}, ()),
    ],
    "rds": [
        *each(
            "ModifyDBInstance DeleteDBInstance RebootDBInstance",
            {"dBInstanceIdentifier": "Orders", "publiclyAccessible": True},
            (regional("rds", "db:orders"),),
        ),
        (
            "ModifyDBInstance",
            {"dBInstanceIdentifier": "a", "newDBInstanceIdentifier": "b"},
            {"dBInstanceArn": regional("rds", "db:a")},
            (regional("rds", "db:a"), regional("rds", "db:b")),
        ),
        *each(
            "CreateDBSnapshot",
            {"dBInstanceIdentifier": "a", "dBSnapshotIdentifier": "s"},
            (regional("rds", "db:a"), regional("rds", "snapshot:s")),
        ),
        *each(
            "ModifyDBSnapshotAttribute",
            {"dBSnapshotIdentifier": "s", "valuesToAdd": ["all"]},
            (regional("rds", "snapshot:s"),),
        ),
        *each("ModifyDBCluster", {"dBClusterIdentifier": "c"}, (regional("rds", "cluster:c"),)),
        *each(
            "CopyDBClusterSnapshot",
            {"sourceDBClusterSnapshotIdentifier": "x", "targetDBClusterSnapshotIdentifier": "y"},
            (regional("rds", "cluster-snapshot:y"),),
        ),
        *each(
            "StartDBInstanceAutomatedBackupsReplication",
            {"sourceDBInstanceArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:db:a"},
            (f"arn:aws:rds:us-east-1:{ACCOUNT}:db:a",),
        ),
        *each(
            "AddTagsToResource RemoveTagsFromResource",
            {"resourceName": regional("rds", "cluster:c")},
            (regional("rds", "cluster:c"),),
        ),
    ],
    "dynamodb": [
        *each(
            "UpdateTable DeleteTable UpdateContinuousBackups UpdateTimeToLive",
            {"tableName": "t"},
            (regional("dynamodb", "table/t"),),
        ),
        (
            "CreateTable",
            {"tableName": "t"},
            {"tableDescription": {"tableArn": regional("dynamodb", "table/t")}},
            (regional("dynamodb", "table/t"),),
        ),
        *each(
            "PutResourcePolicy TagResource",
            {"resourceArn": regional("dynamodb", "table/t/index/i")},
            (regional("dynamodb", "table/t"),),
        ),
        *each("CreateBackup", {"tableName": "t"}, (TABLE_BACKUP,), {"backupDetails": {"backupArn": TABLE_BACKUP}}),
        *each("DeleteBackup", {"backupArn": TABLE_BACKUP}, (TABLE_BACKUP,)),
        *each("ExportTableToPointInTime", {"tableArn": "t"}, ()),
    ],
    "elasticfilesystem": [
        *each(
            "DeleteFileSystem PutFileSystemPolicy UpdateFileSystem PutBackupPolicy",
            {"fileSystemId": "fs-1"},
            (regional("elasticfilesystem", "file-system/fs-1"),),
        ),
        *each(
            "CreateFileSystem",
            {"encrypted": False},
            (regional("elasticfilesystem", "file-system/fs-1"),),
            answered={"fileSystemId": "fs-1"},
        ),
        *each(
            "CreateReplicationConfiguration DeleteReplicationConfiguration",
            {"sourceFileSystemId": "fs-1"},
            (regional("elasticfilesystem", "file-system/fs-1"),),
        ),
        *each("TagResource", {"resourceId": "fs-1"}, (regional("elasticfilesystem", "file-system/fs-1"),)),
    ],
    "kms": [
        *each(
            "EnableKeyRotation DisableKeyRotation ScheduleKeyDeletion CancelKeyDeletion PutKeyPolicy DisableKey "
            "TagResource",
            {"keyId": "1-2-3"},
            (regional("kms", "key/1-2-3"),),
        ),
        *each("CreateKey", {}, (regional("kms", "key/1"),), answered={"keyMetadata": {"keyId": "1"}}),
        (
            "ReplicateKey",
            {"keyId": "mrk-1", "replicaRegion": "us-east-1"},
            {"replicaKeyMetadata": {"arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/mrk-1"}},
            (regional("kms", "key/mrk-1"), f"arn:aws:kms:us-east-1:{ACCOUNT}:key/mrk-1"),
        ),
        *each("CreateAlias UpdateAlias", {"targetKeyId": "1", "aliasName": "alias/a"}, (regional("kms", "key/1"),)),
        *each(
            "CreateGrant RetireGrant RevokeGrant Encrypt ReEncrypt GenerateDataKey GenerateDataKeyWithoutPlaintext "
            "GenerateDataKeyPair Sign Verify CreateCustomKeyStore ConnectCustomKeyStore",
            {"keyId": "1"},
            (),
        ),
    ],
    "cloudtrail": [
        *each("StopLogging StartLogging UpdateTrail DeleteTrail", {"name": "main"}, (trail("main"), AUDIT_LOGGING)),
        *each("CreateTrail", {"name": "n"}, (trail("n"), AUDIT_LOGGING), {"trailARN": trail("n")}),
        *each("PutEventSelectors", {"trailName": "main"}, (trail("main"), AUDIT_LOGGING)),
        *each("StopLogging", {"name": trail("x")}, (trail("x"), AUDIT_LOGGING)),
    ],
    "secretsmanager": [
        *each(
            "CreateSecret",
            {"name": "a/b"},
            (regional("secretsmanager", "secret:a/b-Zx12Cd"),),
            {"arn": regional("secretsmanager", "secret:a/b-Zx12Cd")},
        ),
        *each(
            "DeleteSecret ReplicateSecretToRegions", {"secretId": "a/b"}, (regional("secretsmanager", "secret:a/b-*"),)
        ),
        *each("PutSecretValue RotateSecret UpdateSecretVersionStage CancelRotateSecret", {"secretId": "a"}, ()),
    ],
    "ecr": [
        *each("SetRepositoryPolicy DeleteRepository", {"repositoryName": "a/b"}, (regional("ecr", "repository/a/b"),)),
        *each(
            "CreateRepository",
            {"repositoryName": "r"},
            (regional("ecr", "repository/r"),),
            {"repository": {"repositoryArn": regional("ecr", "repository/r")}},
        ),
        *each(
            "PutReplicationConfiguration PutRegistryPolicy DeleteRegistryPolicy", {}, (regional("ecr", "repository/*"),)
        ),
        *each(
            "PutImage BatchDeleteImage InitiateLayerUpload UploadLayerPart CompleteLayerUpload StartImageScan "
            "BatchImportUpstreamImage GetAuthorizationToken",
            {"repositoryName": "r"},
            (),
        ),
    ],
    "backup": [
        *each("CreateBackupVault DeleteBackupVault", {"backupVaultName": "v"}, (regional("backup", "backup-vault:v"),)),
        *each("UpdateBackupPlan DeleteBackupPlan", {"backupPlanId": "p-1"}, (regional("backup", "backup-plan:p-1"),)),
    ],
}
ALL = [(service, *case) for service, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("source", "name", "asked", "answered", "uids"), ALL, ids=lambda value: str(value)[:40])
def test_an_operation_touches_what_it_names(
    source: str, name: str, asked: Any, answered: Any, uids: tuple[str, ...]
) -> None:
    assert touched(source, name, asked, answered) == uids


def test_every_operation_of_the_table_has_an_event_here() -> None:
    tried = {(f"{source}.amazonaws.com", name) for source, name, *_ in ALL}
    assert tried >= {(source, name) for source, service in SERVICES.items() for name in service.operations}
    assert {source for source, _ in tried} == set(SERVICES)


def test_what_failed_or_reads_or_works_on_data_touches_nothing() -> None:
    asked = {"bucketName": "b"}
    changing = ("s3", "PutBucketPolicy", asked)
    assert touched(*changing) == ("arn:aws:s3:::b",)
    assert touched(*changing, errorCode="AccessDenied") == ()
    assert touched(*changing, readOnly=True) == ()
    assert touched(*changing, readOnly="true") == ()
    assert touched(*changing, managementEvent=False) == ()
    assert touched(*changing, eventCategory="Data") == ()
    assert touched("s3", "GetBucketAcl", asked, readOnly=None) == ()
    assert touched("sqs", "DeleteQueue", {"queueUrl": "q"}) == ()
    assert touched("ec2", "AuthorizeSecurityGroupIngress", GROUP, errorCode="Client.DryRunOperation") == ()


def test_the_partition_is_that_of_the_region() -> None:
    asked = {"bucketName": "b"}
    assert touched("s3", "PutBucketAcl", asked, awsRegion="cn-north-1") == ("arn:aws-cn:s3:::b",)
    assert touched("s3", "PutBucketAcl", asked, awsRegion="us-gov-west-1") == ("arn:aws-us-gov:s3:::b",)
    assert touched("s3", "PutAccountPublicAccessBlock", awsRegion="cn-north-1") == ("arn:aws-cn:s3:::*",)
    snapshot = touched("ec2", "DeleteSnapshot", {"snapshotId": "snap-1"}, awsRegion="us-gov-east-1")
    assert snapshot == ("arn:aws-us-gov:ec2:us-gov-east-1::snapshot/snap-1",)


@pytest.mark.parametrize("name", ["CreateAccessKey", "ChangePassword", "EnableMFADevice", "DeleteLoginProfile"])
def test_who_works_on_himself_is_touched(name: str) -> None:
    root = {"type": "Root", "principalId": ACCOUNT, "arn": ROOT, "accountId": ACCOUNT}
    assert touched("iam", name, None) == (ALICE,)
    assert touched("iam", name, None, userIdentity=root) == (ROOT,)
    assert touched("iam", name, {"userName": "bob"}, userIdentity=root) == (user("bob"),)
    session = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", "accountId": ACCOUNT}
    assert touched("iam", name, None, userIdentity=session) == ()


def test_a_resource_named_beside_the_request_is_found() -> None:
    named = [
        {"type": "AWS::S3::AccessPoint", "ARN": f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/ap"},
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b", "accountId": ACCOUNT},
    ]
    assert touched("s3", "PutAccessPointPolicy", ACCESS_POINT, resources=named) == ("arn:aws:s3:::b",)
    key = [{"ARN": regional("kms", "key/1"), "accountId": ACCOUNT, "type": "AWS::KMS::Key"}]
    assert touched("kms", "EnableKeyRotation", {"keyId": "alias/a"}, resources=key) == (regional("kms", "key/1"),)
    assert touched("kms", "RotateKey", None, resources=key, eventType="AwsServiceEvent") == (regional("kms", "key/1"),)


@pytest.mark.parametrize(
    "odd", [None, "text", 7, [], {"bucketName": None}, {"bucketName": ["b", {}]}, {"bucketName": "a/*"}]
)
def test_odd_parameters_touch_nothing_wrong(odd: Any) -> None:
    expected = ("arn:aws:s3:::b",) if odd == {"bucketName": ["b", {}]} else ()
    assert touched("s3", "PutBucketPolicy", odd) == expected


def test_real_reads_touch_nothing() -> None:
    lines = REAL.read_bytes().splitlines()
    assert len(lines) > 100
    for line in lines:
        assert cloudtrail_event(decode_record(line), line).touches == ()


def test_what_touches_or_uses_is_of_consequence() -> None:
    for source, name, asked, answered, uids in ALL:
        if uids:
            assert of_consequence(decode(event(source, name, asked, answered)))
    assert not of_consequence(decode(event("ec2", "DescribeVolumes", {}, readOnly=True)))
