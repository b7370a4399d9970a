"""What is read from the output of the detector."""

import numpy as np

from electra_tf.interop.detections import Detection, Word


def test_pieces_are_joined_to_words_with_their_highest_probability():
    probabilities = np.array([0.1, 0.7, 0.2, 0.3, 0])
    detection = Detection(
        "añoss ΩΩ.",
        ["añ", "##os", "##s", "[UNK]", "."],
        np.array([0, 2, 4, 6, 8]),
        np.array([2, 4, 5, 8, 9]),
        probabilities,
        probabilities > 0.5,
        False,
    )
    assert detection.words == [
        Word("añoss", 0, 5, 0.7, True),
        Word("ΩΩ", 6, 8, 0.3, False),
        Word(".", 8, 9, 0.0, False),
    ]
