"""Fine-tunes a pre-trained encoder on labelled text, and scores the task model.

config              hyperparameters
task                the interface of a task: reading, encoding, predicting, scoring
tasks               classification, regression, tagging, entities; the registry `TASKS`
question_answering  the task on SQuAD, with windows of long contexts
column_flags        flags that say where texts and labels are in the files
splits              labelled files → train, dev and test, or folds
features            text → ids and targets
plan                what the runs have in common, and its comparison with config.json
batches             examples of similar length → batches
model               encoder and head; the learning rates of the layers
losses              one per kind of target
step                training steps on the device; logits of a split
loop                the epochs of a run: readings, saves, the best epoch
run                 one run: its directory, its model, its result
seeds               all seeds and folds, their mean scores, the table
exports             the task model as a SavedModel and for Hugging Face
serving             graphs of the SavedModel: labels of texts, pairs and words
serving_answers     graph of the SavedModel: answers to questions

Tested in: column_flags, config and the command in `command_test`; batches and losses in
`model_test`; loop, step and seeds in `run_test`; task in `tasks_test`; exports in
`parity_test` and `serving_test`; serving_answers in `serving_test`.
"""
