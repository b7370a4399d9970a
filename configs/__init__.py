"""Configurations of runs (pretrain.py) and builds (prepare.py), a file each."""
