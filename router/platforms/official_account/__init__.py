"""公众号 (Official Account): the calls about the tags of its fans."""
