"""One file per provider: what it differs in; base.py owns the HTTP."""
