"""Raw records of logs that no public rule is for."""

from __future__ import annotations

import json
from typing import Any

S3_LINE = (
    "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be invoices [04/Mar/2026:09:15:30 +0100] "
    "198.51.100.24 arn:aws:sts::111122223333:assumed-role/deploy/j.keller 3E57427F3EXAMPLE REST.GET.OBJECT "
    '2026/report%2Bfinal.pdf "GET /2026/report+final.pdf?versionId=v1 HTTP/1.1" 200 - 2326 2326 70 10 '
    '"https://portal.example.com/" "curl/8.5.0" v1 hOsTiD+/= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader '
    "invoices.s3.eu-central-1.amazonaws.com TLSv1.3 - -"
)


def storage_diagnostic() -> dict[str, Any]:
    """Return a read of a blob as a diagnostic setting writes it."""
    return {
        "time": "2026-03-04T08:15:30.1234567Z",
        "resourceId": "/subscriptions/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/resourceGroups/rg-prod/providers/"
        "Microsoft.Storage/storageAccounts/stinvoices/blobServices/default",
        "category": "StorageRead",
        "operationName": "GetBlob",
        "operationVersion": "2024-11-04",
        "schemaVersion": "1.0",
        "statusCode": 200,
        "statusText": "Success",
        "durationMs": 12,
        "callerIpAddress": "198.51.100.24:51442",
        "correlationId": "2f1e2d3c-001e-0045-1234-5678ab000000",
        "identity": {
            "type": "OAuth",
            "tokenHash": "8A5B",
            "requester": {
                "objectId": "6d5c4b3a-2f1e-4d0c-9b8a-7f6e5d4c3b2a",
                "tenantId": "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d",
                "appId": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
                "upn": "j.keller@example.com",
            },
        },
        "location": "West Europe",
        "properties": {
            "accountName": "stinvoices",
            "userAgentHeader": "azcopy/10.27.1",
            "serviceType": "blob",
            "objectKey": "/stinvoices/2026/report.pdf",
            "responseBodySize": 2326,
            "requestBodySize": 0,
            "tlsVersion": "TLS 1.3",
            "serverLatencyMs": 11,
        },
        "uri": "https://stinvoices.blob.core.windows.net/2026/report.pdf",
        "protocol": "HTTPS",
        "resourceType": "Microsoft.Storage/storageAccounts/blobServices",
    }


def storage_table() -> dict[str, Any]:
    """Return the same read as a row of StorageBlobLogs."""
    return {
        "TenantId": "11111111-2222-3333-4444-555555555555",
        "TimeGenerated": "2026-03-04T08:15:30.1234567Z",
        "Type": "StorageBlobLogs",
        "AccountName": "stinvoices",
        "Category": "StorageRead",
        "OperationName": "GetBlob",
        "StatusCode": "200",
        "StatusText": "Success",
        "DurationMs": 12.0,
        "CallerIpAddress": "198.51.100.24:51442",
        "CorrelationId": "2f1e2d3c-001e-0045-1234-5678ab000000",
        "AuthenticationType": "OAuth",
        "RequesterObjectId": "6d5c4b3a-2f1e-4d0c-9b8a-7f6e5d4c3b2a",
        "RequesterTenantId": "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d",
        "RequesterAppId": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "RequesterUpn": "j.keller@example.com",
        "Location": "westeurope",
        "UserAgentHeader": "azcopy/10.27.1",
        "ServiceType": "blob",
        "ObjectKey": "/stinvoices/2026/report.pdf",
        "ResponseBodySize": 2326,
        "RequestBodySize": 0,
        "TlsVersion": "TLS 1.3",
        "Uri": "https://stinvoices.blob.core.windows.net/2026/report.pdf",
        "Protocol": "HTTPS",
        "_ResourceId": "/subscriptions/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/resourcegroups/rg-prod/providers/"
        "microsoft.storage/storageaccounts/stinvoices/blobservices/default",
    }


def bare_lines() -> dict[str, bytes]:
    """Return for each source a record that says almost nothing."""
    return {
        "aws.cloudtrail": b'{"eventName":"GetObject"}',
        "aws.s3access": b'o b [04/Mar/2026:08:15:30 +0000] - - - REST.GET.OBJECT - "-" - - - - - - "-" "-"',
        "azure.activitylogs": b'{"operationName":"A/B/READ"}',
        "azure.signinlogs": b'{"resultType":"0"}',
        "azure.auditlogs": b'{"operationName":"Add user"}',
        "azure.storage": b'{"operationName":"GetBlob"}',
        "gcp.audit": b'{"protoPayload":{"methodName":"storage.objects.get"}}',
    }


def storage_lines() -> list[bytes]:
    """Return reads and writes of blobs, in both forms, with each way to sign and one that failed."""
    ways = ("OAuth", "SAS Key", "Account Key", "Anonymous")
    events = [{**storage_diagnostic(), "identity": {"type": way}} for way in ways]
    events += [storage_diagnostic(), storage_table()]
    events.append({**storage_diagnostic(), "statusCode": 403, "statusText": "AuthorizationFailure"})
    events.append({**storage_diagnostic(), "category": "StorageWrite", "operationName": "PutBlob"})
    events.append(
        {**storage_diagnostic(), "category": "StorageDelete", "operationName": "DeleteBlob", "uri": "http://[x"}
    )
    return [json.dumps(event).encode() for event in events]
