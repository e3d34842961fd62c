"""Conversations for fine-tuning and evaluating chat models, from public datasets and from files.

Works alone in a training script: no Django, and `datasets` is imported only when a task reads the hub.
Every task is in a module of its own (`tasks_core.gsm8k`, `tasks_core.arc`, ...); `tasks_core.registry`
lists them all with their parameters.
"""
