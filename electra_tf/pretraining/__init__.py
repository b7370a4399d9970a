"""The pre-training run: batches → steps → checkpoints and metrics."""
