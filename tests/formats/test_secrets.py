"""Masking: by name, in whole and cut bodies, and nothing else."""

from __future__ import annotations

import json
import string
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.formats.secrets import MASK, is_secret_header, mask_body, mask_headers, mask_query, mask_said, mask_text
from asgispy.model.values import BytesLike, Cut, Opaque
from tests.wire.strategies import decoded_values

SECRETS = ["password", "Password", "new_password", "access_token", "refreshToken", "api_key", "apiKey", "client_secret"]
HARMLESS = ["name", "tokens_used", "passwords", "secretary", "keyboard", "id", "page", "otpimal"]

secret_names = st.sampled_from(SECRETS)
harmless_names = st.sampled_from(HARMLESS)
words = st.text(string.ascii_letters + string.digits + " _.-é☃", max_size=12)
hidden = st.text(string.ascii_letters, min_size=8, max_size=20).map(lambda text: f"hidden{text}")
harmless = st.recursive(
    words | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(harmless_names, inner, max_size=3),
    max_leaves=8,
)
texts = st.text(st.sampled_from('"\\:=&;{}[],\n\r-*password token name %5D secret=":1') | st.characters(), max_size=60)


@given(texts)
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask_text(text)
    assert mask_text(once) == once
    assert mask_query(mask_query(text)) == mask_query(text)


@given(secret_names, hidden, harmless)
def test_a_secret_field_of_json_is_masked_and_the_others_stay(name: str, value: str, other: Any) -> None:
    for dumped in (json.dumps({"a": other, name: value}), json.dumps({name: value, "a": other}, indent=2)):
        masked = mask_body(dumped.encode())
        assert value.encode() not in masked
        assert json.loads(masked) == {"a": other, name: MASK}


@given(harmless)
def test_json_without_secrets_is_not_touched(value: Any) -> None:
    for dumped in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert mask_body(dumped.encode()) == dumped.encode()
        assert mask_body(dumped) == dumped


@given(secret_names, hidden, st.dictionaries(harmless_names, words, max_size=3))
def test_a_secret_field_of_a_form_is_masked_and_the_others_stay(name: str, value: str, other: dict[str, str]) -> None:
    form = urlencode([*other.items(), (name, value)])
    masked = mask_body(form.encode()).decode()
    assert value not in masked
    assert masked == urlencode([*other.items(), (name, "")]) + MASK
    assert mask_query(form.encode()) == masked.encode()


@given(st.dictionaries(harmless_names, words, max_size=4))
def test_a_form_without_secrets_is_not_touched(fields: dict[str, str]) -> None:
    form = urlencode(fields)
    assert mask_body(form) == form
    assert mask_query(form) == form


@given(secret_names, hidden, st.data())
def test_a_secret_is_masked_in_a_body_that_was_cut_inside_of_it(name: str, value: str, data: st.DataObject) -> None:
    kept = value[: data.draw(st.integers(5, len(value)))]
    for begin in (f'{{"a": 1, "{name}": "', f'{{"{name}":"', f"a=1&{name}=", f"{name}="):
        masked = mask_body(Cut((begin + kept).encode(), 10_000))
        assert isinstance(masked, Cut)
        assert masked.size == 10_000
        assert isinstance(masked.data, bytes)
        assert kept.encode() not in masked.data
        assert masked.data.startswith(begin.encode())


def test_a_number_is_a_secret_too() -> None:
    assert mask_body(b'{"otp": 123456, "id": 5}') == b'{"otp": "***", "id": 5}'


def test_a_secret_with_quotes_in_it_is_masked_to_its_end() -> None:
    body = json.dumps({"password": 'a"b\\', "name": "x"}).encode()
    assert json.loads(mask_body(body)) == {"password": MASK, "name": "x"}


def test_bracketed_form_fields_are_secrets() -> None:
    assert mask_query(b"user[password]=x&user%5Btoken%5D=y&user[name]=z") == (
        b"user[password]=***&user%5Btoken%5D=***&user[name]=z"
    )


def test_a_multipart_field_is_masked_and_the_file_beside_it_stays() -> None:
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhidden\r\nline',
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\ndata',
        b"--b--\r\n",
    ]
    masked = mask_body(b"\r\n".join(parts))
    assert b"hidden" not in masked
    assert masked == b"\r\n".join(parts).replace(b"hidden\r\nline", b"***")


def test_a_body_that_is_no_bytes_but_like_them_is_masked_as_well() -> None:
    masked = mask_body(BytesLike("bytearray", b"password=hidden", 15))
    assert masked == BytesLike("bytearray", b"password=***", 12)
    cut = mask_body(BytesLike("memoryview", b"otp=1", 6))
    assert cut.data == b"otp=***"
    assert len(cut.data) < cut.size


@given(st.binary(max_size=60))
def test_binary_data_keeps_every_byte_outside_of_secrets(data: bytes) -> None:
    body = data.replace(b"=", b"").replace(b'"', b"")
    assert mask_body(body) == body


@given(decoded_values)
def test_any_body_query_or_headers_can_be_masked(value: Any) -> None:
    for mask in (mask_body, mask_query, mask_headers):
        assert mask(mask(value)) == mask(value)


def test_what_is_no_text_is_left_as_it_is() -> None:
    for value in (None, 5, Opaque("a", "b"), ["password=x"], {"password": "x"}):
        assert mask_body(value) is value


CARRYING = (
    "authorization Cookie set-cookie proxy-authorization x-api-key X-Auth-Token x-csrf-token api-key "
    "x-amz-security-token x-secret my-auth"
)


@pytest.mark.parametrize("name", CARRYING.split())
def test_headers_that_carry_secrets(name: str) -> None:
    assert is_secret_header(name)
    assert mask_headers([[name.encode(), b"hidden"], [name, "hidden"]]) == [[name.encode(), b"***"], [name, "***"]]


@pytest.mark.parametrize("name", ["host", "content-type", "accept", "x-request-id", "cookie-policy", "etag", "author"])
def test_headers_that_do_not(name: str) -> None:
    assert not is_secret_header(name)
    assert mask_headers([[name.encode(), b"value"]]) == [[name.encode(), b"value"]]


def test_a_header_whose_name_is_no_bytes_but_like_them_is_masked_as_well() -> None:
    names = (BytesLike("bytearray", b"Authorization", 13), Cut(b"x-api-key", 20))
    assert mask_headers([[name, b"hidden"] for name in names]) == [[name, b"***"] for name in names]


def test_headers_that_are_no_list_of_pairs_pass() -> None:
    for headers in (None, {"authorization": "x"}, [5, [], [b"authorization"]], "authorization: x"):
        assert mask_headers(headers) == headers


@pytest.mark.timeout(10)
@pytest.mark.parametrize("unit", ['"', '"a', "a=", "&", '\\"', '"token', 'name="', '":', " ", "\r\n", '"a":"b",'])
def test_hostile_bodies_do_not_take_the_masking_long(unit: str) -> None:
    mask_body((unit * 70_000)[:65536])
    mask_query((unit * 70_000)[:65536])


def test_percent_encoded_values_are_masked_whole() -> None:
    assert mask_query(f"token={quote('a&b=c d')}&x=1") == "token=***&x=1"


@pytest.mark.parametrize(
    ("said", "masked"),
    [
        ("login user=ann password=hunter2 ok", "login user=ann password=*** ok"),
        ("{'user': 'ann', 'api_key': 'k 123'}", "{'user': 'ann', 'api_key': ***}"),
        ('{"refreshToken": "abc", "page": 2}', '{"refreshToken": ***, "page": 2}'),
        ("Settings(client_secret='x', debug=True)", "Settings(client_secret=***, debug=True)"),
        ("sent Authorization: Bearer eyJhbGciOi.J9 to it", "sent Authorization: Bearer *** to it"),
        ('cut: {"password": "hunt', 'cut: {"password": ***'),
        ("token expired, tokens_used=7", "token expired, tokens_used=7"),
        ("the secret: never give up", "the secret: never give up"),
        ("Basic training", "Basic training"),
    ],
)
def test_what_an_application_says_is_masked(said: str, masked: str) -> None:
    assert mask_said(said) == masked
    assert mask_said(masked) == masked


@given(secret_names, hidden, words, st.sampled_from(["{}={}", "{}='{}'", "'{}': '{}'", '"{}": "{}"']))
def test_no_named_secret_is_said(name: str, secret: str, around: str, form: str) -> None:
    said = mask_said(f"{around} {form.format(name, secret)} {around}")
    assert secret not in said
    assert said.startswith(around)
    assert said.endswith(around)
