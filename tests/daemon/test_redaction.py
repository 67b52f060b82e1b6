from __future__ import annotations

import pytest

from daemon.redaction import HIDDEN, Redactor


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgresql://cspmd:hunter2@db/x", f"postgresql://cspmd:{HIDDEN}@db/x"),
        ("Authorization: ApiKey bm90LWEta2V5OnJlYWxseQ==", f"Authorization: ApiKey {HIDDEN}"),
        ("GET /?X-Amz-Signature=0a1b2c&x=1", f"GET /?X-Amz-Signature={HIDDEN}&x=1"),
        ('{"password": "swordfish"}', f'{{"password": "{HIDDEN}"}}'),
        (
            "a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b",
            f"a {HIDDEN} b",
        ),
        ("arn:aws:s3:::bucket in eu-west-1", "arn:aws:s3:::bucket in eu-west-1"),
    ],
)
def test_hides_what_is_shaped_like_a_credential(text: str, left: str) -> None:
    assert Redactor().text(text) == left


def test_hides_configured_secrets_wherever_they_stand() -> None:
    redactor = Redactor(["swordfish", "swordfish-and-more"])
    assert redactor.named(
        {"error": ValueError("bad key swordfish-and-more"), "n": 3, "deep": [{"x": "swordfish"}]}
    ) == {
        "error": f"ValueError: bad key {HIDDEN}",
        "n": 3,
        "deep": [{"x": HIDDEN}],
    }


def test_hides_values_whose_name_says_secret() -> None:
    assert Redactor().named(
        {"api_key": 7, "sinks.password": "x", "session_token": "y", "permission": "s3:GetObject"}
    ) == {
        "api_key": HIDDEN,
        "sinks.password": HIDDEN,
        "session_token": HIDDEN,
        "permission": "s3:GetObject",
    }


def test_does_not_blot_out_words_for_a_very_short_secret() -> None:
    assert Redactor(["a"]).text("an apple") == "an apple"


def test_a_reload_replaces_the_known_secrets() -> None:
    redactor = Redactor(["first-secret"])
    redactor.know(["second-secret"])
    assert redactor.text("first-secret second-secret") == f"first-secret {HIDDEN}"
