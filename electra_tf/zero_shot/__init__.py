"""Evaluates a detector, without fine-tuning, on labelled text.

detector          the detector of a run or an export, applied to texts in batches
labelled_text     pairs, sentences or tokens with labels → a report of scores
scores            shares and areas under curves, with bootstrap intervals
replacements      words replaced by a generator: one test for several detectors
evaluation_flags  the flags of evaluate.py for all this

Tested in: labelled_text_test (labelled_text, detector, evaluation_flags), scores_test,
replacements_test.
"""
