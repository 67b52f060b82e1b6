"""What the daemon serves over HTTP: metrics, liveness and readiness."""
