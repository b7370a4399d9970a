"""Rules that repair text, and rules that drop lines and documents.

config         the settings of all rules
cleaner        applies the rules, in their order
rule           what a rule is
repairs        repairs of characters
mojibake       the repair of text that was decoded wrongly
length         filters by the length of lines and documents
annotations    filters by OSCAR's annotations
languages      the filter by language
composition    filters by letters, signs of code and short lines

A new rule is a field of config.CleaningConfig and an entry in the module of its family.

Tested in: tests/corpus/cleaning_test.py (cleaner, config, rule, length, annotations,
composition) and tests/corpus/rules_test.py (repairs, mojibake, languages).
"""
