"""Documents → shards, on one machine or a cluster.

config          rules of cleaning and deduplication, as a config file states them
settings        what a build is asked to do, and the number of shards
build_flags     the flags that become these settings
planning        the vocabulary, and what else is settled before the text is read
stages          a block of text → records and their shards, on any worker
examples        documents → examples of at most so many tokens
survey          a block of text → hashes that find duplicates
shuffling       the order of the records in a shard
local           the build on one machine; passes, workers and journal serve it
passes          one pass over the corpus, which can be continued
workers         the processes
journal         files that only grow, and survive a crash
duplicates      finds duplicates on one machine
beam            the command for a cluster; beam_runner has Beam's flags
beam_pipeline   the build on a cluster
beam_duplicates finds duplicates on a cluster
adopt           existing shards → a manifest
output          where a build works and publishes, and what it may delete
result          the manifest of a build, and the summary for the user

Tested in: local_test (also passes, planning, settings, stages, survey, result,
config), resume_test and refusals_test; beam_test (also beam_pipeline, beam_runner,
beam_duplicates); prepare_test (build_flags).
"""
