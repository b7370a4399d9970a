"""TFRecord shards: their format, their reader, their order, their damage."""
