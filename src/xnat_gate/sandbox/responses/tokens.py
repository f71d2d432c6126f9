"""Alias tokens: /data/services/tokens/...

Laws: one sees and ends one's own tokens, a site administrator everybody's; an unknown one is 404.
"""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import Forbidden, NotFound, NotLoggedIn
from xnat_gate.sandbox.models import tokens, users
from xnat_gate.sandbox.models.tokens import Token


def issue(call: Call) -> Response:
    """A new token for the caller, or for another account when a site administrator asks (403).

    Not played: single use, validIPAddresses.
    """
    name = call.args.get("user", call.user.login)
    if name != call.user.login and not call.user.admin:
        raise Forbidden("Only site administrators may issue tokens for other users.")
    if users.find(call.world.db, name) is None:
        raise NotFound(f"Unknown user: {name}")
    return replies.json_value(
        _value(tokens.issue(call.world.db, name, call.world.settings.alias_token_timeout))
    )


def listed(call: Call) -> Response:
    """The caller's own tokens as a JSON list."""
    return replies.json_value([_value(token) for token in tokens.of(call.world.db, call.user.login)])


def show(call: Call) -> Response:
    """One token; 403 for somebody else's, 404 for none."""
    return replies.json_value(_value(_named(call)))


def validate(call: Call) -> Response:
    """`{"valid": login}`; `{}` when the pair is not good; 401 without a secret."""
    if not call.args.get("secret"):
        raise NotLoggedIn("You must specify both alias and secret.")
    owner = tokens.owner(call.world.db, call.args["alias"], call.args["secret"])
    return replies.json_value({"valid": owner} if owner else {})


def invalidate(call: Call) -> Response:
    """Ends a token: `{"result": "OK"}`."""
    tokens.invalidate(call.world.db, _named(call).alias)
    return replies.json_value({"result": "OK"})


def _named(call: Call) -> Token:
    found = tokens.find(call.world.db, call.args["alias"])
    if found is None:
        raise NotFound(f"Unknown token: {call.args['alias']}")
    if found.login != call.user.login and not call.user.admin:
        raise Forbidden("The token belongs to another user.")
    return found


def _value(token: Token) -> dict[str, object]:
    return {
        "alias": token.alias, "secret": token.secret, "singleUse": False, "estimatedExpirationTime": token.expires,
        "xdatUserId": token.login, "validIPAddresses": [], "id": token.number, "enabled": True,
        "created": token.created, "timestamp": token.created, "disabled": 0,
    }  # fmt: skip
