"""What an account may do, from what XNAT says of it and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.core.standing import Standing

names = st.frozensets(st.text(max_size=12), max_size=4)


@given(names, names, names, st.text(max_size=8))
def test_an_account_of_whom_xnat_says_nothing_else_owns_what_a_group_says_it_owns(
    roles: frozenset[str], groups: frozenset[str], editable: frozenset[str], project: str
) -> None:
    who = Standing(
        user="u", roles=roles - {"Administrator"}, groups=groups - {"ALL_DATA_ADMIN"}, editable=editable
    )
    assert who.owns(project) == (f"{project}_owner" in groups)
    assert who.may_create(project) == (project in editable)
    assert not who.administers


def test_site_and_data_administrators_may_everything() -> None:
    for who in (
        Standing(user="a", roles=frozenset({"Administrator"})),
        Standing(user="b", groups=frozenset({"ALL_DATA_ADMIN"})),
    ):
        assert who.administers
        assert who.owns("QUARANTINE")
        assert who.may_create("ANY")


def test_reading_all_data_is_no_right_to_move_any() -> None:
    who = Standing(
        user="reader", groups=frozenset({"ALL_DATA_ACCESS", "QUARANTINE_member", "MY_QUARANTINE_owner"})
    )
    assert not who.owns("QUARANTINE")


def test_a_container_manager_is_no_administrator_of_data() -> None:
    assert not Standing(user="m", roles=frozenset({"ContainerManager"})).owns("QUARANTINE")
