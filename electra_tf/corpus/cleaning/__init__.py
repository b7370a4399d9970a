"""Rules that repair text, and rules that drop lines and documents."""
