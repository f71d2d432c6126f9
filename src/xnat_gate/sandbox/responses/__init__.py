"""The faces: one module per family of routes; each function takes a Call and gives a starlette Response.

Laws: rights and existence are asked before anything changes; statuses and bodies are those of XNAT's own resources.
"""
