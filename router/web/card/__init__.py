"""客户名片 (contact card): what an agent sees of a customer beside the chat, opened by a signed link."""
