"""Small scripts for make: what a developer runs and the product never imports.

One file per command. They may read the whole checkout; they hold no product logic.
"""
