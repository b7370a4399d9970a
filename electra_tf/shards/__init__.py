"""Shards: TFRecord files of examples, and how they become batches.

manifest       the format of manifest.json
records        the formats of an example, and their reader
record_writer  examples → the bytes of a shard
checks         are the shards there, and enough for a run?
damage         what a disk or a copy has damaged
salvage        the manifest of a build without its damaged shards
pipeline       shards → batches, in an order that is a function of seed and step
lengths        long examples → short ones

Tested in: tests/shards/records_test.py (manifest, record_writer),
tests/shards/order_test.py and tests/shards/pipeline_test.py (checks).
"""
