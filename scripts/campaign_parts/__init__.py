"""The rooms of the kill campaign (scripts/campaign.py): what is sent, who kills, what is looked at afterwards, and the
account of it.

Law: nothing in here looks into the gate's own values while it runs: what is judged is what lies on the disk and what
XNAT shows to an outsider; the journal is read in a copy.
"""
