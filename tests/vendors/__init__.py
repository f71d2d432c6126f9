"""Exports in the shapes that real systems write (what each does is told where it is built), as files in a folder.

Law: everything is made of phantoms (`xnat_gate.sandbox.phantoms`), and small; a shape differs from them in nothing but
what it is here for.
"""
