"""Text → vocabulary and TFRecord shards → batches."""
