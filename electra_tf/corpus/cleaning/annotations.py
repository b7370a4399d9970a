"""Filters by the annotations that OSCAR's documents carry."""

from electra_tf.corpus.cleaning.rule import above, any_of, below

FILTERS = (
    any_of("quality_warnings", lambda text: text.metadata.quality_warnings),
    any_of("categories", lambda text: text.metadata.categories),
    below("min_probability", lambda text: text.metadata.probability),
    below("min_harmful_pp", lambda text: text.metadata.harmful_pp),
    above("max_harmful_pp", lambda text: text.metadata.harmful_pp),
)
