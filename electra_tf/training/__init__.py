"""What trainings are made of, apart from their steps.

strategy          which devices a training runs on
precision         which arithmetic and compilation AUTO stands for on a device
peak              the peak speed of the devices
host_memory       an allocator setting for steps on the host's processor
muon              the update of matrices, if config.optimizer is MUON
spectral          a first word table, made from the shards
checkpoints       saving and restoring a training
checkpoint_files  the files in a directory of checkpoints; which are kept
readings          TensorBoard's event files and metrics.jsonl
preemption        stopping in order at a signal

Tested in: checkpoints_test (checkpoint_files), pretraining/summaries_test (readings).
"""
