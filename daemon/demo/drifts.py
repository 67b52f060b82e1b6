"""What goes wrong at Helvia while the demo runs: each drift is made, found, and mended again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from daemon.demo import buckets
from daemon.demo.account import Account
from daemon.demo.estate import ANALYTICS, CLAIM, PRODUCTION, set_account_block, wanted
from daemon.demo.trail import Person, Stranger

Accounts = Mapping[str, Account]


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody from outside comes while it is open: what a person would say happened, who, and which object."""

    telling: str
    stranger: Stranger
    bucket: str
    key: str


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong: what a person would say happened, and the calls that make it so.

    ``opener`` and ``closer`` are who makes these calls. ``detector`` and ``resources`` (bucket names) are
    what cspmd has to find: violated after ``open``, and no longer after ``close``.
    """

    opening: str
    open: Callable[[Accounts], None]
    opener: Person
    closing: str
    close: Callable[[Accounts], None]
    closer: Person
    detector: str
    resources: tuple[str, ...]
    visit: Visit | None = None


MARA = Person(user="mara.lindqvist", ip="203.0.113.24")
JONAS = Person(user="jonas.weber", ip="203.0.113.31", agent="Boto3/1.40.21 md/Botocore#1.40.21 lang/python#3.13.4")
INES = Person(user="ines.okafor", ip="203.0.113.7")
TERRAFORM = Person(user="ci-deploy", ip="198.51.100.66", agent="APN/1.0 HashiCorp/1.0 Terraform/1.12.2")


def _open_photos(accounts: Accounts) -> None:
    photos = wanted("helvia-claims-photos")
    s3 = accounts[PRODUCTION].client("s3", photos.region)
    statements = (buckets.allow("NewClaimsApp", "s3:GetObject"), *buckets.statements_of(photos))
    s3.delete_public_access_block(Bucket=photos.name)
    s3.put_bucket_policy(Bucket=photos.name, Policy=buckets.policy_text(photos.name, statements))


def _close_photos(accounts: Accounts) -> None:
    buckets.restore_exposure(accounts[PRODUCTION], wanted("helvia-claims-photos"))


def _unblock_account(accounts: Accounts) -> None:
    set_account_block(accounts[ANALYTICS], on=False)


def _block_account(accounts: Accounts) -> None:
    set_account_block(accounts[ANALYTICS], on=True)


def _open_payroll(accounts: Accounts) -> None:
    payroll = wanted("helvia-payroll-export")
    accounts[PRODUCTION].client("s3", payroll.region).put_bucket_acl(Bucket=payroll.name, ACL="public-read")


def _close_payroll(accounts: Accounts) -> None:
    buckets.restore_exposure(accounts[PRODUCTION], wanted("helvia-payroll-export"))


def _copy_underwriting(accounts: Accounts) -> None:
    underwriting = wanted("helvia-underwriting")
    s3 = accounts[PRODUCTION].client("s3", underwriting.region)
    buckets.put_replication(s3, PRODUCTION, underwriting.name, "helvia-dr-virginia")


def _keep_underwriting(accounts: Accounts) -> None:
    underwriting = wanted("helvia-underwriting")
    accounts[PRODUCTION].client("s3", underwriting.region).delete_bucket_replication(Bucket=underwriting.name)


def _stop_logging(accounts: Accounts) -> None:
    archive = wanted("helvia-cloudtrail-archive")
    s3 = accounts[PRODUCTION].client("s3", archive.region)
    s3.put_bucket_logging(Bucket=archive.name, BucketLoggingStatus={})


def _start_logging(accounts: Accounts) -> None:
    archive = wanted("helvia-cloudtrail-archive")
    buckets.put_logging(accounts[PRODUCTION].client("s3", archive.region), archive)


DRIFTS = (
    Drift(
        opening="A developer removes the public access block of helvia-claims-photos and lets everyone read it.",
        open=_open_photos,
        opener=MARA,
        closing="A colleague notices: helvia-claims-photos gets its policy and its block back.",
        close=_close_photos,
        closer=INES,
        detector="storage.public_access",
        resources=("helvia-claims-photos",),
        visit=Visit(
            telling=f"A crawler finds helvia-claims-photos and fetches {CLAIM}, unsigned.",
            stranger=Stranger(ip="192.0.2.146", agent="python-requests/2.32.4"),
            bucket="helvia-claims-photos",
            key=CLAIM,
        ),
    ),
    Drift(
        opening=f"An administrator switches off Block Public Access for the whole account {ANALYTICS}.",
        open=_unblock_account,
        opener=INES,
        closing=f"Block Public Access of account {ANALYTICS} is on again.",
        close=_block_account,
        closer=INES,
        detector="storage.public_access",
        resources=("helvia-lake-sandbox", "helvia-dashboard-extracts", "helvia-shared-datasets"),
    ),
    Drift(
        opening="A script sets the ACL of helvia-payroll-export to public-read.",
        open=_open_payroll,
        opener=JONAS,
        closing="The ACL of helvia-payroll-export is private again.",
        close=_close_payroll,
        closer=INES,
        detector="storage.public_access",
        resources=("helvia-payroll-export",),
    ),
    Drift(
        opening="Somebody replicates helvia-underwriting, personal data, to Virginia.",
        open=_copy_underwriting,
        opener=TERRAFORM,
        closing="The replication of helvia-underwriting is removed.",
        close=_keep_underwriting,
        closer=TERRAFORM,
        detector="residency.copy_out_of_region",
        resources=("helvia-underwriting",),
    ),
    Drift(
        opening="Somebody stops the access logging of helvia-cloudtrail-archive.",
        open=_stop_logging,
        opener=JONAS,
        closing="The access logging of helvia-cloudtrail-archive is on again.",
        close=_start_logging,
        closer=INES,
        detector="storage.access_logging",
        resources=("helvia-cloudtrail-archive",),
    ),
)
"""In the order in which they happen, over and over."""
