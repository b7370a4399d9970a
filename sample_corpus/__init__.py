"""A generated Spanish corpus: small stories, for the demo and the tests.

python -m sample_corpus --megabytes=12 --output=runs/demo/text

generate        documents from a seed, and the text files that hold them
story           what a document is about: its people, things, times and numbers
grammar scenes  the patterns of its sentences
patterns        compiles them into functions of a story
lexicon         inflected entries, made by inflection from tables
"""
