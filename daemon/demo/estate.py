"""The company that the demo watches: Helvia, an insurer whose buckets grew for ten years.

Each bucket is well kept but for what its line says; the comments say what an auditor would write.
"""

from __future__ import annotations

from daemon.demo.account import Account
from daemon.demo.buckets import BLOCK_ALL, LOG_DELIVERY, Wanted, allow, create

PRODUCTION = "123456789012"
"""The account that the fake AWS takes unknown credentials for, so that whoever looks there finds something."""
ANALYTICS = "210987654321"
REGIONS = ("eu-central-1", "eu-west-1")
"""Where the company means to be: regional services are read there, buckets wherever they are."""

CLAIM = "2026/claim-48213/front-left.jpg"
"""A photo in helvia-claims-photos."""

TRAIL = "helvia-cloudtrail-archive"
LOGS = "helvia-access-logs"
LOGS_IE = "helvia-access-logs-ie"
LOGS_ANALYTICS = "helvia-analytics-access-logs"

# Whoever asks through an access point of this very account may in: the access point then decides.
_DELEGATED = allow("Delegated", "s3:GetObject", StringEquals={"s3:DataAccessPointAccount": PRODUCTION})

_PRODUCTION = (
    # Nobody watches who reads the logs.
    Wanted(name=LOGS, statements=(LOG_DELIVERY,), owner="security"),
    Wanted(name=LOGS_IE, region="eu-west-1", statements=(LOG_DELIVERY,), owner="security"),
    Wanted(name=TRAIL, owner="security", logs_to=LOGS, customer_key=True),
    Wanted(name="helvia-config-history", owner="security", logs_to=LOGS),
    Wanted(name="helvia-terraform-state", logs_to=LOGS, customer_key=True),
    Wanted(name="helvia-claims-photos", data_class="personal", owner="claims", logs_to=LOGS),
    # Copies of personal data go to the United States.
    Wanted(
        name="helvia-claims-documents",
        data_class="personal",
        owner="claims",
        logs_to=LOGS,
        replicates_to="helvia-dr-virginia",
    ),
    Wanted(name="helvia-policies-archive", data_class="personal", owner="underwriting", logs_to=LOGS),
    Wanted(name="helvia-underwriting", data_class="personal", owner="underwriting", logs_to=LOGS, customer_key=True),
    Wanted(name="helvia-actuarial-models", data_class="confidential", owner="actuaries", logs_to=LOGS),
    Wanted(name="helvia-invoices", data_class="confidential", owner="finance", logs_to=LOGS),
    Wanted(name="helvia-payroll-export", data_class="personal", owner="hr", logs_to=LOGS, acl="private", blocked=False),
    # Applicants' papers lie in Ireland; personal data has to stay in Frankfurt.
    Wanted(name="helvia-hr-applications", region="eu-west-1", data_class="personal", owner="hr", logs_to=LOGS_IE),
    Wanted(name="helvia-scans-inbox", data_class="personal", owner="claims", logs_to=LOGS, versioned=False),
    Wanted(name="helvia-backups-database", data_class="personal", logs_to=LOGS, replicates_to="helvia-dr-ireland"),
    Wanted(name="helvia-backups-mail", data_class="personal", tls_only=False, versioned=False),
    Wanted(name="helvia-dr-ireland", region="eu-west-1", logs_to=LOGS_IE),
    Wanted(name="helvia-dr-virginia", region="us-east-1", tls_only=False),
    # Anyone on the internet may put a file there.
    Wanted(
        name="helvia-broker-uploads",
        data_class="personal",
        owner="sales",
        statements=(allow("BrokersUpload", "s3:PutObject"),),
        blocked=False,
        versioned=False,
    ),
    # The portal's pictures are public on purpose; that anyone may list the bucket is not.
    Wanted(
        name="helvia-portal-assets",
        data_class="public",
        owner="web",
        statements=(allow("Assets", "s3:GetObject"), allow("Directory", "s3:ListBucket")),
        blocked=False,
        tls_only=False,
        website=True,
    ),
    Wanted(
        name="helvia-status-page",
        data_class="public",
        owner="web",
        acl="public-read",
        blocked=False,
        tls_only=False,
        versioned=False,
        website=True,
    ),
    # "Authenticated users" are the customers of AWS, all of them.
    Wanted(
        name="helvia-newsletter-archive",
        owner="marketing",
        acl="authenticated-read",
        blocked=False,
        versioned=False,
    ),
    # Private by its own policy, public through an access point.
    Wanted(
        name="helvia-app-releases",
        owner="mobile",
        statements=(_DELEGATED,),
        blocked=False,
        access_point="releases",
        logs_to=LOGS,
    ),
    # Held to the office's addresses: evidence, not a violation.
    Wanted(
        name="helvia-reinsurance-reports",
        data_class="confidential",
        owner="actuaries",
        statements=(allow("Office", "s3:GetObject", IpAddress={"aws:SourceIp": "198.51.100.0/24"}),),
        blocked=False,
        logs_to=LOGS,
    ),
    Wanted(
        name="helvia-partner-exchange",
        data_class="confidential",
        owner="sales",
        statements=(allow("Assessor", "s3:GetObject", principal={"AWS": "arn:aws:iam::777788889999:root"}),),
        logs_to=LOGS,
    ),
    Wanted(name="helvia-marketing-us", region="us-east-1", owner="marketing", tls_only=False, versioned=False),
    Wanted(name="helvia-lambda-artifacts-us", region="us-east-1", versioned=False),
    # A call centre that closed in 2021 left its recordings in Sydney.
    Wanted(
        name="helvia-call-recordings",
        region="ap-southeast-2",
        data_class="personal",
        owner="callcentre",
        tls_only=False,
    ),
)

# This account blocks public access as a whole: what lies below is one click from open.
_ANALYTICS = (
    Wanted(name=LOGS_ANALYTICS, statements=(LOG_DELIVERY,), owner="security"),
    Wanted(name="helvia-lake-raw", data_class="personal", owner="data", logs_to=LOGS_ANALYTICS, customer_key=True),
    Wanted(name="helvia-lake-curated", data_class="personal", owner="data", logs_to=LOGS_ANALYTICS),
    Wanted(
        name="helvia-lake-sandbox",
        data_class="personal",
        owner="data",
        statements=(allow("Workshop", "s3:GetObject", "s3:PutObject"), allow("Browse", "s3:ListBucket")),
        blocked=False,
        versioned=False,
    ),
    Wanted(
        name="helvia-dashboard-extracts",
        data_class="confidential",
        owner="data",
        statements=(allow("Dashboards", "s3:GetObject"),),
        blocked=False,
        logs_to=LOGS_ANALYTICS,
    ),
    Wanted(
        name="helvia-shared-datasets",
        owner="data",
        statements=(allow("Crawler", "s3:GetObject", StringEquals={"aws:UserAgent": "helvia-crawler"}),),
        blocked=False,
        tls_only=False,
    ),
    Wanted(name="helvia-notebooks", owner="data", blocked=False, versioned=False),
    Wanted(name="helvia-ml-features", data_class="personal", owner="data", logs_to=LOGS_ANALYTICS),
    Wanted(name="helvia-ml-training", data_class="personal", owner="data", versioned=False),
    Wanted(name="helvia-athena-results", owner="data", versioned=False, tls_only=False),
    Wanted(name="helvia-glue-temporary", owner="data", versioned=False, tls_only=False),
    Wanted(name="helvia-survey-results", region="eu-west-1", data_class="personal", owner="marketing"),
    Wanted(name="helvia-web-analytics", region="us-east-1", data_class="personal", owner="web", tls_only=False),
)

ESTATE = {PRODUCTION: _PRODUCTION, ANALYTICS: _ANALYTICS}


def wanted(name: str) -> Wanted:
    """Return the bucket of this name as it is meant to be; raise KeyError where there is none."""
    return {bucket.name: bucket for buckets in ESTATE.values() for bucket in buckets}[name]


def size() -> int:
    """Return how many buckets the estate has."""
    return sum(len(buckets) for buckets in ESTATE.values())


def set_account_block(account: Account, *, on: bool) -> None:
    """Switch the account's block of public access on or off."""
    account.client("s3control", "eu-central-1").put_public_access_block(
        AccountId=account.id, PublicAccessBlockConfiguration=dict.fromkeys(BLOCK_ALL, on)
    )


def build(endpoint: str) -> dict[str, Account]:
    """Make the whole estate in the fake AWS and return its accounts by id, with none of it as a change."""
    accounts = {account: Account(endpoint, account) for account in ESTATE}
    for number, buckets in ESTATE.items():
        # A bucket that others name has to be there before them.
        for bucket in sorted(buckets, key=lambda bucket: (bool(bucket.replicates_to), bool(bucket.logs_to))):
            create(accounts[number], bucket)
    set_account_block(accounts[ANALYTICS], on=True)
    photos = accounts[PRODUCTION].client("s3", "eu-central-1")
    photos.put_object(Bucket="helvia-claims-photos", Key=CLAIM, Body=b"a photo of a dented door")
    _keep_trail(accounts[PRODUCTION])
    for account in accounts.values():
        account.changes()
    return accounts


def _keep_trail(account: Account) -> None:
    """Let the account record its management events of all regions, validated, into its own bucket."""
    cloudtrail = account.client("cloudtrail", "eu-central-1")
    cloudtrail.create_trail(Name="helvia", S3BucketName=TRAIL, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    cloudtrail.start_logging(Name="helvia")
