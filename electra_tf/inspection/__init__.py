"""Shows what shards and vocabularies hold (look.py).

shard_contents           examples of shards, and counts over a whole split
epoch_mixture            is every part of an epoch a sample of the corpus?
vocabulary_comparison    two vocabularies on the same text
tables                   the tables for a terminal

Tested in: tests/shards/order_test.py (epoch_mixture),
tests/inspection/shard_contents_test.py and tests/look_test.py (tables).
"""
