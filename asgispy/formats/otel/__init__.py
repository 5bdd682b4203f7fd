"""OpenTelemetry: connections as spans; needs the extra otel."""
