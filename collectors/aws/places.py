"""Where in AWS data lies: a region, or what is outside of the region's own data centers."""

from __future__ import annotations

from string import ascii_lowercase


def place_of(region: str, *, zone: str = "", outpost: str = "") -> str:
    """Return the place of what the region's API tells of: the region, a Local Zone, or an Outpost by its ARN.

    A zone of the region itself is the region and one letter; a Local Zone names its city between the two (AWS Local
    Zones User Guide, "Available Local Zones"). ``zone`` is empty where the API names none; one of another region
    (a replica may carry its source's) says nothing of where this lies.
    """
    if outpost:
        return f"aws:{outpost.rpartition('/')[2]}"
    outside = zone.startswith(f"{region}-")
    return f"aws:{zone.rstrip(ascii_lowercase) if outside else region}"
