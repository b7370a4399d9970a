"""A detector's answer as text, in the form of the published card of ELECTRICIDAD."""

from collections.abc import Mapping

import tensorflow as tf

from electra_tf.console import printable


def judgements(answer: Mapping[str, tf.Tensor]) -> str:
    """Tokens above, 0/1 and the probability of being replaced below; [CLS], [SEP] off.

    Args:
        answer: of the signature `detect`.
    """
    blocks = []
    for i, length in enumerate(answer["length"].numpy()):
        inside = slice(1, length - 1)
        tokens = [
            printable(token.decode("utf-8", "replace"))
            for token in answer["tokens"][i, inside].numpy()
        ]
        replaced = answer["replaced"][i, inside].numpy()
        probability = answer["replaced_probability"][i, inside].numpy()
        width = max([6, *(len(token) + 2 for token in tokens)])
        blocks.append(
            "\n".join(
                "".join(f"{cell:>{width}}" for cell in row)
                for row in (tokens, replaced, [f"{p:.2f}" for p in probability])
            )
        )
    return "\n\n".join(blocks)
