"""Regions that the clouds are known to have, to warn of a residency rule that fits none of them.

The lists say what was known when they were last looked over; a cloud opens regions at any time, so
a pattern that fits nothing here is a warning and never an error. A dual-region or multi-region of
Google Cloud Storage is a place of its own here.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

AS_OF = "2026-01"

_AWS = """
af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1
ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1
eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1
me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2 cn-north-1 cn-northwest-1 us-gov-east-1
us-gov-west-1 eusc-de-east-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 us-isof-east-1
us-isof-south-1 eu-isoe-west-1
"""

_AZURE = """
australiacentral australiacentral2 australiaeast australiasoutheast austriaeast belgiumcentral brazilsouth
brazilsoutheast canadacentral canadaeast centralindia centralus chilecentral denmarkeast eastasia eastus eastus2
eastus3 francecentral francesouth germanynorth germanywestcentral indonesiacentral israelcentral italynorth japaneast
japanwest jioindiacentral jioindiawest koreacentral koreasouth malaysiasouth malaysiawest mexicocentral
newzealandnorth northcentralus northeurope norwayeast norwaywest polandcentral qatarcentral saudiarabiaeast
southafricanorth southafricawest southcentralus southeastasia southeastus southindia spaincentral swedencentral
swedensouth switzerlandnorth switzerlandwest uaecentral uaenorth uksouth ukwest westcentralus westeurope westindia
westus westus2 westus3 chinaeast chinaeast2 chinaeast3 chinanorth chinanorth2 chinanorth3 usgovvirginia usgovtexas
usgovarizona usdodcentral usdodeast
"""

_GCP = """
africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1 asia-south2
asia-southeast1 asia-southeast2 asia-southeast3 australia-southeast1 australia-southeast2 europe-central2
europe-north1 europe-north2 europe-southwest1 europe-west1 europe-west2 europe-west3 europe-west4 europe-west6
europe-west8 europe-west9 europe-west10 europe-west12 me-central1 me-central2 me-west1 northamerica-northeast1
northamerica-northeast2 northamerica-south1 southamerica-east1 southamerica-west1 us-central1 us-east1 us-east4
us-east5 us-south1 us-west1 us-west2 us-west3 us-west4 us eu asia eur4 eur5 eur7 eur8 nam4 asia1 in
"""

_KNOWN = {"aws": _AWS.split(), "azure": _AZURE.split(), "gcp": _GCP.split()}


def known_regions(provider: str) -> tuple[str, ...]:
    """Return the known regions of a provider: aws, azure or gcp."""
    return tuple(_KNOWN[provider])


def matching(pattern: str) -> Iterator[str]:
    """Yield the known places, as ``provider:region``, that a residency pattern fits, case aside."""
    for provider, regions in _KNOWN.items():
        for region in regions:
            place = f"{provider}:{region}"
            if fnmatchcase(place, pattern.lower()):
                yield place
