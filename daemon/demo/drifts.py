"""What goes wrong at Helvia while the demo runs: each drift is made, found, and mended again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from daemon.demo import buckets
from daemon.demo.account import Account
from daemon.demo.estate import ANALYTICS, PRODUCTION, set_account_block, wanted

Accounts = Mapping[str, Account]


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong: what a person would say happened, and the calls that make it so.

    ``detector`` and ``resources`` (bucket names) are what cspmd has to find: violated after ``open``,
    and no longer after ``close``.
    """

    opening: str
    open: Callable[[Accounts], None]
    closing: str
    close: Callable[[Accounts], None]
    detector: str
    resources: tuple[str, ...]


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
        closing="A colleague notices: helvia-claims-photos gets its policy and its block back.",
        close=_close_photos,
        detector="storage.public_access",
        resources=("helvia-claims-photos",),
    ),
    Drift(
        opening=f"An administrator switches off Block Public Access for the whole account {ANALYTICS}.",
        open=_unblock_account,
        closing=f"Block Public Access of account {ANALYTICS} is on again.",
        close=_block_account,
        detector="storage.public_access",
        resources=("helvia-lake-sandbox", "helvia-dashboard-extracts", "helvia-shared-datasets"),
    ),
    Drift(
        opening="A script sets the ACL of helvia-payroll-export to public-read.",
        open=_open_payroll,
        closing="The ACL of helvia-payroll-export is private again.",
        close=_close_payroll,
        detector="storage.public_access",
        resources=("helvia-payroll-export",),
    ),
    Drift(
        opening="Somebody replicates helvia-underwriting, personal data, to Virginia.",
        open=_copy_underwriting,
        closing="The replication of helvia-underwriting is removed.",
        close=_keep_underwriting,
        detector="residency.copy_out_of_region",
        resources=("helvia-underwriting",),
    ),
    Drift(
        opening="Somebody stops the access logging of helvia-cloudtrail-archive.",
        open=_stop_logging,
        closing="The access logging of helvia-cloudtrail-archive is on again.",
        close=_start_logging,
        detector="storage.access_logging",
        resources=("helvia-cloudtrail-archive",),
    ),
)
"""In the order in which they happen, over and over."""
