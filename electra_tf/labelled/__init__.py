"""Labelled text in the formats of benchmarks, and scores of predictions for it.

tables   tab-separated values or JSON lines
tokens   words in the columns of CoNLL and CoNLL-U
squad    questions about contexts, in SQuAD's JSON
scoring  accuracy, F1, entity F1, correlations, exact match, confusion matrix
"""
