"""映射: the tree as groups and tags of a platform, and how to get there from what the platform has."""
