"""How the key store's tables came to be."""
