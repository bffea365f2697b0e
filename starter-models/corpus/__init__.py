"""The world of the starter models: one generator for the recogniser, the chat model and the voice."""
