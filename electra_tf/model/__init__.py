"""Generator and discriminator: masked batch → logits.

electra            The pair of both networks with shared embeddings.
generator          Masked-language model on top of an encoder.
discriminator      Encoder with a replaced-token head.
embeddings         Tables of words, positions and segments, shared by both networks.
disentangled       Tables of a discriminator that leave the generator's alone.
encoder            The Transformer.
masking            Choice of tokens, sampling of replacements, labels.
dropout            Dropout inside fused expressions.
initialization     Initial weights.
rematerialization  Layers computed again in the backward pass.
kernels            Operations that are faster than TensorFlow's form.

Of the package, only `config` and `batch` are imported here.

Tested in: embeddings_test (disentangled), electra_test and golden_test (discriminator,
encoder, generator, initialization), others by name.
"""
