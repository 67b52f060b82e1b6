"""The logs that rules are matched against, with the names other systems give their fields.

A rule says by its product and service which log it is for. It is matched here:

| rules for | log | contract's source |
| --- | --- | --- |
| aws cloudtrail | ``CLOUDTRAIL`` | ``aws.cloudtrail`` |
| aws s3access, s3 | ``S3ACCESS`` | ``aws.s3access`` |
| azure activitylogs | ``ACTIVITY`` | ``azure.activitylogs`` |
| azure signinlogs, riskdetection, pim | ``SIGN_IN`` | ``azure.signinlogs``, ``azure.auditlogs`` |
| azure auditlogs, riskdetection, pim | ``AUDIT`` | ``azure.auditlogs``, ``azure.signinlogs`` |
| azure riskdetection, pim | ``RISK`` | ``azure.auditlogs``, ``azure.signinlogs`` |
| m365 audit, exchange, threat_management, threat_detection | ``MICROSOFT365`` | ``azure.auditlogs``, … |
| azure storage, storagebloblogs | ``STORAGE`` | ``azure.storage`` |
| gcp gcp.audit, google_workspace.admin, google_workspace.login | ``CLOUD_AUDIT`` | ``gcp.audit`` |

One stream of Entra ID carries records of several kinds, each with a log of its own, so both of its
sources take them all. A risk is matched where it comes as a record of its own (a risk detection, an alert of
Privileged Identity Management) and where a sign-in or an audit record names it.
"""

from detectors.sigma.sources.activity import ACTIVITY
from detectors.sigma.sources.aws import CLOUDTRAIL, S3ACCESS
from detectors.sigma.sources.entra import AUDIT, RISK, SIGN_IN
from detectors.sigma.sources.gcp import CLOUD_AUDIT
from detectors.sigma.sources.microsoft365 import MICROSOFT365
from detectors.sigma.sources.storage import STORAGE

SOURCES = (CLOUDTRAIL, S3ACCESS, ACTIVITY, SIGN_IN, AUDIT, RISK, MICROSOFT365, STORAGE, CLOUD_AUDIT)

__all__ = [
    "ACTIVITY",
    "AUDIT",
    "CLOUDTRAIL",
    "CLOUD_AUDIT",
    "MICROSOFT365",
    "RISK",
    "S3ACCESS",
    "SIGN_IN",
    "SOURCES",
    "STORAGE",
]
