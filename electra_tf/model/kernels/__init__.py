"""Operations that are faster here than in TensorFlow's form, and what each one saves.

Other code imports the modules below as a whole (`from electra_tf.model.kernels import
fused`), so that a call such as `fused.compiled` shows where it comes from.

fused            XLA-compiled functions, with automatic or written-out gradient.
expressions      What an encoder computes between matrix products.
grouped_softmax  Normaliser and samples of a softmax over the vocabulary.
random_bits      Random numbers as a hash of seed and place.

What each operation replaces, and what that saved on two cores of an AMD EPYC with AVX2,
float32 (docs/step.md):

expressions.gelu              tf.nn.gelu and its automatic gradient: 8.7 → 3.0 ms per
                              layer. Its division cost more than all the rest.
expressions.attend            Softmax and dropout of attention scores, forward and
                              backward: 24 → 11 ms per layer.
expressions.add_and_norm      Bias, dropout, residual and layer norm, which read and
                              wrote the hidden states once each. Not measured alone.
expressions.split, add_bias   Bias and transposition of query, key and value in one
                              pass. Not measured alone.
grouped_softmax.log_sum_exp   tf.reduce_logsumexp of the masked slots' logits:
                              74 → 25 ms per step.
grouped_softmax.draw          Gumbel noise on every logit: 158 → 25 ms per step.
random_bits.words             Philox: dropout's bits at a fifth of the cost.
fused.compiled                Here: the functions above. Elsewhere: the optimizer's
                              update of all variables and the gradient of the masked-LM
                              loss, each one compiled function instead of many
                              operations. Not measured alone.

Tested in: fused_test (fused, expressions), others by name; all against the plain form.
"""
