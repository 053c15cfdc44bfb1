"""Text messages: how many segments they take, and the provider that carries them."""
