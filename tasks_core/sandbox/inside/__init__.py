"""What runs inside the sandbox: it uses the standard library alone and imports nothing of the package around it.

This folder is all of the project that the sandbox can see, under the name `inside`; hence the relative imports.
"""
