"""Text rules, vocabularies, and text → ids."""
