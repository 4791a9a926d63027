"""Bridges to PyTorch, Keras and Optax; nothing here is imported before it is used.

The modules need the frameworks of the extra ``bridges`` and say so where one is missing.
"""
