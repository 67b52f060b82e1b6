"""The logs of Azure and Entra ID: records decoded from each form they come in. Pure: no SDK, no I/O."""
