"""The clouds' places: which regions there are, in which country, and whether a rule allows them."""

from detectors.places.allowed import Standing, matching, standing
from detectors.places.table import Region, as_of, known_places, regions_of

__all__ = ["Region", "Standing", "as_of", "known_places", "matching", "regions_of", "standing"]
