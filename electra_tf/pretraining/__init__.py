"""The pre-training run: batches → steps → metrics and checkpoints.

The step, which needs nothing of the modules below it in this list:

step                   one optimizer step, and the loop of steps on the device
forward                both networks on one batch
losses                 masked-LM loss and discriminator loss
metric_sums            what is summed over batches
metrics                every metric: formula, TensorBoard, progress line, model card
optimizer              Adam with decoupled weight decay
schedules              learning rate, temperature and attention slope over the run
positions              tokens that each position was trained on

The run:

run                    its parts, checked and built from the configuration
loop                   Python outside, loops of steps on the device
evaluation             metrics of a split of the shards
log                    readings for TensorBoard, metrics.jsonl and a person
summaries              writer of event files and of metrics.jsonl
watchdog               warnings when a run goes wrong without an error
throughput             FLOPs, speed, utilisation and epochs
advice                 a run that fits new shards and the machine
profiling              traces for TensorBoard's profiler
workdir                files of a run
trained                a trained model with what is needed to use it
checkpoint_evaluation  evaluation of a stored checkpoint
preflight              the dry run
preflight_report       its table

Tested in: evaluation_test (checkpoint_evaluation), preflight_test (preflight_report),
loop_test (log, run), tests/interop/export_test.py (trained), others by name. The step
is tested in golden_test, seeds_test and length_test, too.
"""
