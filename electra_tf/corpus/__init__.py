"""Files of any kind → clean documents."""
