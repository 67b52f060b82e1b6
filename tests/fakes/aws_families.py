"""A small account with something of every family that AWS collectors read, in any region of any partition."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes.aws_estate import NO_BLOCK
from tests.fakes.aws_faults import Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

HOME = "eu-central-1"
_PASSWORD = "a long Password 1!"
_TAGS = [{"Key": "data-class", "Value": "internal"}]
_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))
NOT_IN_MOTO = {
    "efs:DescribeReplicationConfigurations": {"Replications": []},
    "dynamodb:ListGlobalTables": {"GlobalTables": []},
}


def supplement(faults: Faults) -> None:
    """Answer for moto where it has no such operation: that there is none."""
    for operation, answer in NOT_IN_MOTO.items():
        faults.plan(operation, Fault(body=json.dumps(answer).encode()))


class Families:
    """Seeds one account in one region; every name begins with ``name``."""

    def __init__(self, moto: Moto, name: str, *, account: str = ACCOUNT, region: str = HOME) -> None:
        self.name = name
        self.account = account
        self.region = region
        self.partition = next((name for start, name in _PARTITIONS if region.startswith(start)), "aws")
        self._moto = moto
        self.key = self._client("kms").create_key(Tags=[{"TagKey": "data-class", "TagValue": "internal"}])[
            "KeyMetadata"
        ]["Arn"]

    def seed(self) -> None:
        """Make something of every family."""
        self.buckets()
        self.identities()
        self.trail()
        self.regional()

    def regional(self) -> None:
        """Make something of every family that is read region by region."""
        self.network()
        self.disks()
        self.databases()
        self.tables()
        self.file_systems()
        self.secrets()
        self.repositories()
        self.backups()

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN of the account's region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def buckets(self) -> None:
        """A bucket that anyone may read, with an access point, and one nobody may."""
        bucket, s3 = f"{self.name}-open", self._client("s3")
        self._bucket(bucket)
        s3.put_bucket_policy(Bucket=bucket, Policy=self._readable_by_all(f"arn:{self.partition}:s3:::{bucket}/*"))
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": _TAGS})
        control = self._client("s3control")
        point = f"{self.name}-point"
        control.create_access_point(
            AccountId=self.account, Name=point, Bucket=bucket, PublicAccessBlockConfiguration=NO_BLOCK
        )
        objects = f"{self.arn('s3', f'accesspoint/{point}')}/object/*"
        control.put_access_point_policy(AccountId=self.account, Name=point, Policy=self._readable_by_all(objects))
        self._bucket(f"{self.name}-closed")

    def identities(self) -> None:
        """A user with a password, a device and a key, and a role that a service assumes."""
        iam, user = self._client("iam"), f"{self.name}-user"
        iam.create_user(UserName=user)
        iam.create_login_profile(UserName=user, Password=_PASSWORD)
        iam.create_access_key(UserName=user)
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=user, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=_document(everything))
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=f"{self.name}-role", AssumeRolePolicyDocument=_document(trust))

    def trail(self) -> None:
        """A trail of every region into a bucket of its own."""
        bucket, trails = f"{self.name}-log", self._client("cloudtrail")
        self._bucket(bucket, ObjectLockEnabledForBucket=True)
        trails.create_trail(
            Name=f"{self.name}-trail",
            S3BucketName=bucket,
            IsMultiRegionTrail=True,
            EnableLogFileValidation=True,
            TagsList=_TAGS,
        )
        trails.start_logging(Name=f"{self.name}-trail")

    def network(self) -> None:
        """A security group that opens SSH to the world, and another port to a prefix list."""
        ec2 = self._client("ec2")
        network = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=network, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName=f"{self.name}-group", Description="d", VpcId=network)["GroupId"]
        listed = ec2.create_managed_prefix_list(
            PrefixListName=f"{self.name}-list",
            MaxEntries=2,
            AddressFamily="IPv4",
            Entries=[{"Cidr": "198.51.100.0/24", "Description": "d"}],
        )["PrefixList"]["PrefixListId"]
        ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
                {"IpProtocol": "tcp", "FromPort": 25, "ToPort": 25, "PrefixListIds": [{"PrefixListId": listed}]},
            ],
        )
        ec2.create_network_interface(SubnetId=subnet, Groups=[group])

    def disks(self) -> None:
        """A disk, a snapshot of it that is public, and an image."""
        ec2 = self._client("ec2")
        disk = ec2.create_volume(AvailabilityZone=f"{self.region}a", Size=8, Encrypted=True, KmsKeyId=self.key)
        snapshot = ec2.create_snapshot(VolumeId=disk["VolumeId"])["SnapshotId"]
        ec2.modify_snapshot_attribute(
            SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
        )
        ec2.register_image(
            Name=f"{self.name}-image",
            RootDeviceName="/dev/sda1",
            BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot, "VolumeSize": 8}}],
        )

    def databases(self) -> None:
        """A public database, a cluster, and a snapshot of each."""
        rds, signs_in = self._client("rds"), {"MasterUsername": "u", "MasterUserPassword": _PASSWORD}
        encrypted = {"StorageEncrypted": True, "KmsKeyId": self.key}
        rds.create_db_instance(
            DBInstanceIdentifier=f"{self.name}-db",
            Engine="postgres",
            DBInstanceClass="db.t3.micro",
            AllocatedStorage=10,
            PubliclyAccessible=True,
            **signs_in,
            **encrypted,
        )
        rds.create_db_cluster(
            DBClusterIdentifier=f"{self.name}-cluster", Engine="aurora-postgresql", **signs_in, **encrypted
        )
        rds.create_db_snapshot(DBSnapshotIdentifier=f"{self.name}-snap", DBInstanceIdentifier=f"{self.name}-db")
        rds.create_db_cluster_snapshot(
            DBClusterSnapshotIdentifier=f"{self.name}-cluster-snap", DBClusterIdentifier=f"{self.name}-cluster"
        )

    def tables(self) -> None:
        """A table and a backup of it."""
        dynamodb, table = self._client("dynamodb"), f"{self.name}-table"
        dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.key},
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            Tags=_TAGS,
        )
        dynamodb.create_backup(TableName=table, BackupName=f"{self.name}-backup")

    def file_systems(self) -> None:
        """A file system."""
        named = {"Key": "Name", "Value": f"{self.name}-files"}
        self._client("efs").create_file_system(
            CreationToken=self.name, Tags=[named, *_TAGS], Encrypted=True, KmsKeyId=self.key
        )

    def secrets(self) -> None:
        """A secret under a key of one's own."""
        self._client("secretsmanager").create_secret(
            Name=f"{self.name}-secret", SecretString="s", KmsKeyId=self.key, Tags=_TAGS
        )

    def repositories(self) -> None:
        """A repository of images under a key of one's own."""
        self._client("ecr").create_repository(
            repositoryName=f"{self.name}-images",
            encryptionConfiguration={"encryptionType": "KMS", "kmsKey": self.key},
            tags=_TAGS,
        )

    def backups(self) -> None:
        """A vault, and a plan that copies to it."""
        backup, vault = self._client("backup"), f"{self.name}-vault"
        backup.create_backup_vault(BackupVaultName=vault, EncryptionKeyArn=self.key)
        copied = {"DestinationBackupVaultArn": self.arn("backup", f"backup-vault:{vault}")}
        rule = {"RuleName": "daily", "TargetBackupVaultName": vault, "CopyActions": [copied]}
        backup.create_backup_plan(BackupPlan={"BackupPlanName": f"{self.name}-plan", "Rules": [rule]})

    def _bucket(self, name: str, **more: Any) -> None:
        place = {"LocationConstraint": self.region}
        placed = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": place}
        self._client("s3").create_bucket(Bucket=name, **placed, **more)

    def _client(self, service: str) -> Any:
        return self._moto.client(service, region=self.region, account=self.account)

    @staticmethod
    def _readable_by_all(resource: str) -> str:
        return _document({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": resource})


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
