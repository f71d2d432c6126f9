"""The Event Service: what happens to stored objects, who wants to be told, and what is done about it.

Laws: events are taken off the thread that caused them; nothing that goes wrong here reaches what happened.
"""
