"""Vocabularies, the text rules that they are used with, and text → ids.

vocabulary    a WordPiece vocabulary: load, save, check; text rules; fingerprint
wordpiece     learns a vocabulary from text; finds pieces that no text can produce
tokenizer     text → ids

Tested in: tests/text/vocabulary_test.py (wordpiece).
"""
