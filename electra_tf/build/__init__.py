"""Documents → shards, on one machine or a cluster."""
