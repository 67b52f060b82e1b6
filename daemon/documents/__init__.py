"""Documents: what happened and how things stand, as Elasticsearch (ECS) and OCSF consumers read it. Pure."""
