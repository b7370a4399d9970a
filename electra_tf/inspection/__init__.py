"""What shards and vocabularies hold."""
