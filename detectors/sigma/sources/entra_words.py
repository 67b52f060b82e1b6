"""What Entra ID writes, and how guides and the rules made from them put it.

Microsoft's security operations guides for Entra ID name activities, clients and results in words that
differ from the log's own, and many rules were written from the guides. Each table maps the log's own
words, in lower case, to the guides'. Sources: "Microsoft Entra security operations guide" with the "Audit
log activity reference", "Microsoft Entra authentication and authorization error codes", the Graph
resource types ``signIn`` and ``unifiedRoleManagementAlertDefinition``.
"""

from __future__ import annotations

ACTIVITIES = {
    "add eligible member to role in pim completed (permanent)": ("Add eligible member (permanent)",),
    "add eligible member to role in pim requested (permanent)": ("Add eligible member (permanent)",),
    "add eligible member to role in pim completed (timebound)": ("Add eligible member (eligible)",),
    "add eligible member to role in pim requested (timebound)": ("Add eligible member (eligible)",),
    "remove eligible member from role in pim completed (permanent)": ("Remove eligible member (permanent)",),
    "remove eligible member from role in pim requested (permanent)": ("Remove eligible member (permanent)",),
    "remove eligible member from role in pim completed (timebound)": ("Remove eligible member (eligible)",),
    "remove eligible member from role in pim requested (timebound)": ("Remove eligible member (eligible)",),
    "add member to role request approved (pim activation)": ("Request Approved/Denied",),
    "add member to role request denied (pim activation)": ("Request Approved/Denied",),
    "add member to group": ("Add member from group",),
    "user has elevated their access to user access administrator for their azure resources": (
        "Assigns the caller to user access admin",
    ),
    "assigns the caller to user access administrator role": ("Assigns the caller to user access admin",),
}

CATEGORIES = {"azurerbacrolemanagementelevateaccess": ("Administrative",)}

KEY_CHANGES = frozenset({"update application", "update service principal"})
KEY_PROPERTIES = frozenset({"keydescription", "keycredential", "passwordcredential", "keycredentials"})
KEY_CHANGE = "Update Service principal/Update Application"
"""What the guide calls either activity where it changes a credential."""

TARGET_TYPES = {"serviceprincipal": ("Service Principal",)}

CONSENT_REASONS = {
    "microsoft.online.security.userconsentblockedforriskyappsexception": (
        "Microsoft.online.Security.userConsentBlockedForRiskyAppsExceptions",
    ),
}

CLIENTS = {
    "other clients": ("Other client",),
    "imap4": ("IMAP",),
    "imap": ("IMAP4",),
    "mapi over http": ("MAPI",),
    "authenticated smtp": ("SMTP",),
    "pop": ("POP3",),
}

PROTOCOLS = {"devicecode": ("Device Code",), "ropc": ("ROPC",)}

SIGN_IN_ERRORS = {
    "50053": ("IdsLocked - The account is locked",),
    "50057": ("User account is disabled. The account has been disabled by an administrator.",),
    "50074": ("Strong Auth required",),
    "50097": ("Device authentication is required",),
    "50155": ("DeviceAuthenticationFailed",),
    "50158": ("ExternalSecurityChallenge - External security challenge was not satisfied",),
    "53003": ("Blocked by Conditional Access",),
    "500121": ("Authentication failed during strong authentication request",),
}
"""What the error code reference says of an error; the log's own sentence changes from time to time."""

ALERTS = {
    "nomfaonroleactivation": "noMfaOnRoleActivation",
    "toomanyglobaladminsassignedtotenant": "tooManyGlobalAdminsAssignedToTenant",
    "stalesignin": "staleSignIn",
    "rolesassignedoutsideprivilegedidentitymanagement": "rolesAssignedOutsidePrivilegedIdentityManagement",
    "sequentialactivationrenewals": "sequentialActivationRenewals",
    "invalidlicense": "invalidLicense",
    "redundantassignment": "redundantAssignment",
}
"""The alerts of Privileged Identity Management by the part of their Graph type that names them."""

ALERT_TITLES = {
    "roles don't require multi-factor authentication for activation": "noMfaOnRoleActivation",
    "there are too many global administrators": "tooManyGlobalAdminsAssignedToTenant",
    "too many global administrators": "tooManyGlobalAdminsAssignedToTenant",
    "potential stale accounts in a privileged role": "staleSignIn",
    "roles are being assigned outside of privileged identity management": (
        "rolesAssignedOutsidePrivilegedIdentityManagement"
    ),
    "roles are being activated too frequently": "sequentialActivationRenewals",
    "the organization doesn't have microsoft entra id p2": "invalidLicense",
    "the organization doesn't have microsoft entra premium p2": "invalidLicense",
    "administrators aren't using their privileged roles": "redundantAssignment",
}
"""The same alerts by the title that the audit log gives when one is triggered."""

ALERT_SUFFIXES = ("AlertIncident", "AlertConfiguration")
"""Graph's types of an alert; rules name either for the alert itself."""
