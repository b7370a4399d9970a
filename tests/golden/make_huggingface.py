"""Records what transformers makes of the exported files, for machines without torch.

.venv-parity/bin/python -m tests.golden.make_huggingface
"""

import json
import pathlib
import tempfile

import numpy as np
import torch
import transformers

from electra_tf.interop import huggingface
from tests.interop import models

CLASSES = {
    "discriminator": transformers.ElectraForPreTraining,
    "generator": transformers.ElectraForMaskedLM,
}
PATH = pathlib.Path(__file__).parent / "huggingface.npz"


def main() -> None:
    """Exports the random model, loads it with transformers and records its answers."""
    model = models.random_model()
    ids_BS, mask_BS, segments_BS = (torch.tensor(x.numpy()) for x in models.batch())
    arrays = {}
    for network, kind in CLASSES.items():
        with tempfile.TemporaryDirectory() as directory:
            huggingface.write(directory, model, network, pad_id=0)
            theirs = kind.from_pretrained(directory).eval()
        with torch.no_grad():
            answer = theirs(
                input_ids=ids_BS, attention_mask=mask_BS, token_type_ids=segments_BS
            )
        arrays[f"{network}/logits"] = answer.logits.numpy()
        shapes = {key: list(value.shape) for key, value in theirs.state_dict().items()}
        arrays[f"{network}/shapes"] = json.dumps(shapes)
    arrays["versions"] = f"transformers {transformers.__version__}"
    np.savez_compressed(PATH, **arrays)


if __name__ == "__main__":
    main()
