"""Our weights as files of other programs, and theirs as ours.

export                 the table of export formats, and the export of a run
saved_model            format: a SavedModel that takes text
huggingface            format: names of the weights, config.json, model.safetensors
huggingface_tokenizer  its tokenizer's files
keras_preset           format: a preset of keras_nlp
model_card             the README.md of an export

encoders               pre-trained encoders to fine-tune, from any source
initial_weights        gives a model its first weights from any source
branch                 brings a new run to a checkpoint of another
stored_weights         the weights at a path: of a run, Hugging Face or TF1
huggingface_reader     weights of a Hugging Face directory
huggingface_config     config.json of a Hugging Face directory
tf1                    weights of a TF1 checkpoint of google-research/electra
saved_model_reader     loads an export's SavedModel
text_models            models that take text, from an export or Hugging Face
detections             output of a SavedModel's detector
loaded_model           a model for Python programs, `electra_tf.load`

Tested in: a test file per module, except model_card (export_test), huggingface_reader
and stored_weights (initial_weights_test), huggingface_tokenizer (huggingface_test),
saved_model_reader (page/app_test), parity_test compares
with transformers and torch.
"""
