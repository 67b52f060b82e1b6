"""What else keeps data: secrets, container images, backups."""

from __future__ import annotations

from collectors.model.data import DataStore
from collectors.model.places import Placed


class Secret(DataStore, frozen=True, kw_only=True, tag="secret"):
    """A secret of a secrets service; ``copies`` are its replicas in other regions."""


class ImageRepository(DataStore, frozen=True, kw_only=True, tag="image_repository"):
    """A repository of container images; ``copies`` are the registries that its images are replicated to."""


class BackupVault(DataStore, frozen=True, kw_only=True, tag="backup_vault"):
    """A vault of backups. Of one that the provider made by itself nothing is needed while nothing lies in it."""


class BackupPlan(Placed, frozen=True, kw_only=True, tag="backup_plan"):
    """A plan of what is backed up when; ``copies`` are the vaults elsewhere that its rules copy backups to.

    Copy rules count against the plan that holds them: whoever made it sent the data there. Its data class is that of
    its own tags.
    """
