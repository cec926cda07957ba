"""One file is one generated page of docs/ and exports `PAGE` (the file's name) and `write()` (its Markdown).

A page is made from the same data that the program runs on. What needs an author stands in hand-written pages.
"""
