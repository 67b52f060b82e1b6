"""Log records as documents of the Elastic Common Schema 9.4, one module a log.

What ECS has no name for stands under the names that Elastic's own integrations give it (``aws.cloudtrail.*``,
``aws.s3access.*``, ``azure.*``, ``gcp.audit.*``, ``o365.audit.*``), so that rules, dashboards and searches
made for those find it. Data of any shape goes only into fields that are ``flattened`` there.
"""
