"""One file is one published score (NEWS2, ...): its bands as versioned data with page and table of the source.

A score takes present values and says its parts, its total and what is missing. No opinion of our own, no state, no time.
"""
