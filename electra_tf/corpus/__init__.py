"""Files of any kind → clean documents.

documents    a corpus: globs, sources, samples
streams      files of any kind and place → bytes
blocks       bytes → blocks of whole documents
formats      blocks → documents, for plain text and the releases of OSCAR
cleaning     rules that repair text and drop lines and documents
audit        the report of what the rules did
minhash      similarity of documents
hashing      hashes of whole arrays

Tested in: tests/corpus/documents_test.py (blocks), tests/corpus/minhash_test.py
(hashing).
"""
