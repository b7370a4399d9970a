"""ELECTRA pre-training in TensorFlow 2 and Keras 3."""

import os

# Before TensorFlow is imported: its remarks on the machine would hide the lines that
# are meant for a person. TF_CPP_MIN_LOG_LEVEL=0 shows them.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
