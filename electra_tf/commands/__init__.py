"""The programs: flags, checks, one call; a screen each.

prepare     text → shards
look        what shards and vocabularies contain
pretrain    shards → checkpoints
evaluate    checkpoints → metrics
export      checkpoints → files of other libraries
finetune    an encoder and labelled text → a task model
demo        marks replaced words in sentences

`electra-tf NAME` starts one where the package is installed (`electra_tf.__main__`),
`python NAME.py` in a clone.

Tested in: command_line_test (prepare, pretrain, evaluate, export, demo), look_test
(look), finetuning/command_test (finetune), usage_test (what --help prints).
"""
