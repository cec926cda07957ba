"""`edge-agent watch`: what it shows is true or says that it is not known, and what it sends names a person."""
