"""What a message is about: its class, its intent, and the products, colours, sizes and times it names. Pure."""
