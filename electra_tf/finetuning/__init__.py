"""An encoder + labelled text → a task model and its scores."""
