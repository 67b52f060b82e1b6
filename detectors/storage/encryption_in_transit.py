"""storage.encryption_in_transit: whether requests without TLS are refused for everyone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import Bucket, Known, Provider, TlsOnly
from detectors.model import Detector, Evidence, Policy, Remediation, Severity, iso27001, over
from detectors.storage.examples import azure_account, gcp_bucket, private_bucket


@over("tls_only")
def plain_requests_accepted(bucket: Bucket, _policy: Policy, _now: datetime) -> Iterator[Evidence]:
    """Observe that some request without TLS is accepted, and what a partial rule leaves open."""
    rule = bucket.tls_only.value
    if rule.enforced:
        return
    data: dict[str, object] = {"enforced": False, "gaps": rule.gaps or ("no rule refuses requests without TLS",)}
    if rule.statement is not None:
        data["statement"] = rule.statement
    yield Evidence(name="tls_only", data=data)


DETECTOR = Detector(
    uid="storage.encryption_in_transit",
    title="Storage accepts requests without TLS",
    on=Bucket,
    severity=Severity.MEDIUM,
    description=(
        "Requests without TLS are not refused for every principal and every action, on the bucket itself and on all "
        "its objects. A rule that leaves a principal, an action or a part of the bucket out does not count."
    ),
    risk="Data and credentials of requests over plain HTTP can be read and changed on the way.",
    controls=(iso27001("5.23"), iso27001("8.24"), iso27001("5.14"), iso27001("8.20")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Add this statement to the policy of bucket $name, beside what the policy already says:\n"
                '{"Sid": "DenyInsecureTransport", "Effect": "Deny", "Principal": "*", "Action": "s3:*", '
                '"Resource": ["$uid", "$uid/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}'
            ),
            cli=(
                "aws s3api get-bucket-policy --region $region --bucket $name --query Policy --output text "
                "> policy.json\n"
                "# add the statement to policy.json; where there is no policy yet, start from\n"
                '# {"Version": "2012-10-17", "Statement": []}\n'
                "aws s3api put-bucket-policy --region $region --bucket $name --policy file://policy.json"
            ),
            terraform=(
                'data "aws_iam_policy_document" "tls_only" {\n'
                "  # source_policy_documents = [what the bucket's policy already says]\n"
                "  statement {\n"
                '    sid       = "DenyInsecureTransport"\n'
                '    effect    = "Deny"\n'
                '    actions   = ["s3:*"]\n'
                '    resources = ["$uid", "$uid/*"]\n'
                "    principals {\n"
                '      type        = "*"\n'
                '      identifiers = ["*"]\n'
                "    }\n"
                "    condition {\n"
                '      test     = "Bool"\n'
                '      variable = "aws:SecureTransport"\n'
                '      values   = ["false"]\n'
                "    }\n"
                "  }\n"
                "}\n\n"
                'resource "aws_s3_bucket_policy" "this" {\n'
                '  bucket = "$name"\n'
                "  policy = data.aws_iam_policy_document.tls_only.json\n"
                "}"
            ),
        ),
        Provider.AZURE: Remediation(
            text="Require secure transfer on storage account $name, with TLS 1.2 or later.",
            cli="az storage account update --ids $uid --https-only true --min-tls-version TLS1_2",
            terraform=(
                "# in the account's own resource\n"
                'resource "azurerm_storage_account" "this" {\n'
                '  name                       = "$name"\n'
                "  https_traffic_only_enabled = true\n"
                '  min_tls_version            = "TLS1_2"\n'
                "}"
            ),
        ),
        Provider.GCP: Remediation(
            text=(
                "Cloud Storage has no such switch on a bucket: enforce the organisation policy "
                "storage.secureHttpTransport for project $account, which holds $name."
            ),
            cli="gcloud resource-manager org-policies enable-enforce storage.secureHttpTransport --project=$account",
            terraform=(
                'resource "google_project_organization_policy" "secure_transport" {\n'
                '  project    = "$account"\n'
                '  constraint = "constraints/storage.secureHttpTransport"\n'
                "  boolean_policy {\n"
                "    enforced = true\n"
                "  }\n"
                "}"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",),
    violations=(plain_requests_accepted,),
    good=(private_bucket(), azure_account(), gcp_bucket()),
    bad=(
        private_bucket(tls_only=Known(TlsOnly(enforced=False))),
        private_bucket(
            tls_only=Known(
                TlsOnly(
                    enforced=False,
                    gaps=("the bucket itself is not covered",),
                    statement={
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": "arn:aws:s3:::records/*",
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                )
            )
        ),
        azure_account(tls_only=Known(TlsOnly(enforced=False))),
        gcp_bucket(tls_only=Known(TlsOnly(enforced=False))),
    ),
)
