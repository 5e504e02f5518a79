"""规则: rules, what they ask of a message, and the decision that follows."""
