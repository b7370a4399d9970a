"""The runs that come with the project; each file has a get_config()."""
