"""MANY calls: batching, limits, retries, streams. Never sees a model."""
