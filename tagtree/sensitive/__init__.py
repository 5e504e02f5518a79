"""敏感词 (sensitive words): word sets, found in a text in every disguise, and what becomes of a text that holds one."""
