"""Passwords: argon2id, which takes 64 MiB and about 0.2 s of a core each time."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from router.handlers.admin.refusal import problem
from tagtree.wording import Problem

SHORTEST = 10  # characters
LONGEST = 200  # characters

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without look-alikes: people copy these by hand
_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The argon2id hash with its parameters."""
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password fits; an unknown user (None) takes just as long and never fits."""
    try:
        _hasher.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def one_time_password() -> str:
    """A random password of four groups, about 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def password_problem(password: str) -> Problem | None:
    """Why a new password is not taken, or None."""
    if len(password) < SHORTEST:
        return problem(
            "password",
            (f"The password has fewer than {SHORTEST} characters.", f"密码不足 {SHORTEST} 个字符。"),
            ("Use a longer one; several words are fine.", "请加长，可以用几个词组成。"),
        )
    if len(password) > LONGEST:
        return problem(
            "password",
            (f"The password has more than {LONGEST} characters.", f"密码超过 {LONGEST} 个字符。"),
            ("Use a shorter one.", "请缩短。"),
        )
    return None


@cache
def _nobody() -> str:
    return hash_password(one_time_password())
