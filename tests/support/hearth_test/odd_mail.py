# SPDX-License-Identifier: Apache-2.0
"""Odd messages: every combination of a shape of the body with an oddity of the header is a kind of its own. Which words
and numbers a message has comes from its random source, so a seed gives the same mail everywhere. Text is ours."""

WORDS = ("harbour lantern orchard pebble quarry ribbon saddle timber umber violet walnut yonder zephyr anchor basket candle "
         "drift ember fallow garden hollow island jumper kettle").split()


def words(rng, count):
    return " ".join(rng.choice(WORDS) for _ in range(count))


def text(rng, lines=4):
    return "\n".join(words(rng, rng.randint(2, 9)) for _ in range(lines)) + "\n"


def boundary(rng):
    return "b" + "".join(rng.choice("0123456789abcdef") for _ in range(10))


# -- shapes: (header lines about content, body) ---------------------------------------------------------------------------

def plain(rng):
    return "Content-Type: text/plain; charset=us-ascii", text(rng)


def untyped(rng):
    return "", text(rng)


def html(rng):
    return "Content-Type: text/html; charset=\"utf-8\"\nContent-Transfer-Encoding: 8bit", f"<p>{words(rng, 5)} \u00e9t\u00e9</p>\n"


def quoted_printable(rng):
    return ("Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable",
            f"{words(rng, 3)} caf=E9 =3D soft=\nbreak {words(rng, 2)}\n")


def base64(rng):
    import base64 as b64
    data = b64.encodebytes((words(rng, 20) + " gr\u00fc\u00dfe").encode()).decode()
    return "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", data


def broken_base64(rng):
    return "Content-Type: text/plain\nContent-Transfer-Encoding: base64", "aGFyYm91ciBs!!\nYW50ZXJu=\n=\n"


def unknown_encoding(rng):
    return "Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode", "begin 644 a\n#86)C\n`\nend\n"


def latin2(rng):
    return "Content-Type: text/plain; charset=iso-8859-2\nContent-Transfer-Encoding: 8bit", words(rng, 3).encode() + b" \xb1\xe6\xea\n"


def unknown_charset(rng):
    return "Content-Type: text/plain; charset=x-nobody", words(rng, 4) + "\n"


def bad_type(rng):
    return "Content-Type: text", text(rng)


def strange_type(rng):
    return "Content-Type: APPLICATION/X-Hearth+Thing; a=1; B=\"two words\"; c=", text(rng)


def multipart(kind, rng, parts, preamble="", close=True, parameters=""):
    mark = boundary(rng)
    body = preamble
    for head, content in parts:
        body = join(body, f"--{mark}\n{head}\n\n" if head else f"--{mark}\n\n", content, "\n")
    body = join(body, f"--{mark}--\n" if close else "")
    return f"Content-Type: multipart/{kind}; boundary=\"{mark}\"{parameters}", body


def join(*pieces):
    if any(isinstance(piece, bytes) for piece in pieces):
        return b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces)
    return "".join(pieces)


def alternative(rng):
    return multipart("alternative", rng, [plain(rng), html(rng)])


def mixed(rng):
    return multipart("mixed", rng, [plain(rng), (
        'Content-Type: application/pdf; name="plan.pdf"\nContent-Transfer-Encoding: base64\n'
        'Content-Disposition: attachment; filename="plan.pdf"; size=12', "JVBERi0xLjQKJQ==\n")])


def nested(rng):
    shape = plain(rng)
    for _ in range(rng.randint(3, 12)):
        shape = multipart("mixed", rng, [shape, untyped(rng)])
    return shape


def related(rng):
    return multipart("related", rng, [html(rng), (
        "Content-Type: image/png\nContent-ID: <p1@example.org>\nContent-Transfer-Encoding: base64\nContent-Disposition: inline",
        "iVBORw0KGgo=\n")], parameters='; type="text/html"; start="<p0@example.org>"')


def forwarded(rng):
    inner = f"From: inner@example.org\nTo: b@example.org\nSubject: {words(rng, 2)}\nDate: Tue, 3 Mar 2020 10:00:00 +0100\n\n{text(rng)}"
    return multipart("mixed", rng, [plain(rng), ("Content-Type: message/rfc822", inner)])


def rfc822_root(rng):
    inner_head, inner_body = alternative(rng)
    return "Content-Type: message/rfc822", f"From: x@example.org\nSubject: in\n{inner_head}\n\n{inner_body}"


def digest(rng):
    parts = [("", f"From: d{i}@example.org\nSubject: item {i}\n\n{text(rng, 1)}") for i in range(3)]
    return multipart("digest", rng, parts)


def no_boundary(rng):
    return "Content-Type: multipart/mixed", text(rng)


def boundary_never_comes(rng):
    return "Content-Type: multipart/mixed; boundary=never", text(rng)


def unclosed(rng):
    return multipart("mixed", rng, [plain(rng), html(rng)], close=False)


def preamble(rng):
    head, body = multipart("mixed", rng, [plain(rng)], preamble="This is a preamble.\n\n")
    return head, body + "epilogue\nof two lines\n"


def empty_multipart(rng):
    return multipart("mixed", rng, [])


def empty_parts(rng):
    return multipart("mixed", rng, [("", ""), ("Content-Type: text/plain", ""), ("", "")])


def prefix_boundaries(rng):
    inner = 'Content-Type: multipart/mixed; boundary="ab"', "--ab\n\none\n--ab--\n"
    return 'Content-Type: multipart/mixed; boundary="a"', f"--a\n{inner[0]}\n\n{inner[1]}\n--a\n\ntwo\n--a--\n"


def trailing_blanks(rng):
    return 'Content-Type: multipart/mixed; boundary="tb"', "--tb  \n\none\n--tb \n\ntwo\n--tb--  \n"


def report(rng):
    return multipart("report", rng, [plain(rng), ("Content-Type: message/delivery-status", "Reporting-MTA: dns; mx.example.org\n\n"
                     "Final-Recipient: rfc822; a@example.org\nAction: failed\n"), ("Content-Type: text/rfc822-headers", "Subject: x\n")],
                     parameters="; report-type=delivery-status")


def signed(rng):
    return multipart("signed", rng, [plain(rng), ("Content-Type: application/pgp-signature", "-----BEGIN\n-----END\n")],
                     parameters='; protocol="application/pgp-signature"; micalg=pgp-sha256')


def rich_fields(rng):
    return multipart("mixed", rng, [("Content-Type: text/plain; format=flowed\nContent-Language: en, de\nContent-ID: <id@x>\n"
                     "Content-Description: a =?utf-8?q?description?=\nContent-Location: http://example.org/a\n"
                     "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\nContent-Disposition: inline", text(rng))])


def long_lines(rng):
    return "Content-Type: text/plain", words(rng, 600) + "\n" + "x" * 3000 + "\n"


def no_final_newline(rng):
    return "Content-Type: text/plain", text(rng).rstrip("\n")


def empty_body(rng):
    return "Content-Type: text/plain", ""


def many_parts(rng):
    return multipart("mixed", rng, [untyped(rng) for _ in range(60)])


SHAPES = [plain, untyped, html, quoted_printable, base64, broken_base64, unknown_encoding, latin2, unknown_charset, bad_type,
          strange_type, alternative, mixed, nested, related, forwarded, rfc822_root, digest, no_boundary, boundary_never_comes,
          unclosed, preamble, empty_multipart, empty_parts, prefix_boundaries, trailing_blanks, report, signed, rich_fields,
          long_lines, no_final_newline, empty_body, many_parts]


# -- oddities of the header: what changes in (or is added to) the usual fields ----------------------------------------------

def usual(rng):
    return {"From": "Ada Quill <ada@example.org>", "To": "bert@example.org", "Subject": words(rng, 3),
            "Date": f"Mon, {rng.randint(1, 28)} Sep 2025 {rng.randint(0, 23):02}:30:00 +0200",
            "Message-ID": f"<{rng.getrandbits(40):x}@example.org>"}


ODDITIES = {
    "usual": lambda rng: {},
    "folded": lambda rng: {"Subject": f"{words(rng, 8)}\n {words(rng, 8)}\n\t{words(rng, 3)}"},
    "word-q": lambda rng: {"Subject": "=?utf-8?Q?caf=C3=A9_?= =?utf-8?Q?noir?="},
    "word-b": lambda rng: {"Subject": "=?iso-8859-1?B?Z3L832U=?= and more"},
    "word-gb": lambda rng: {"Subject": "=?gb2312?B?xOO6ww==?="},
    "word-jp": lambda rng: {"Subject": "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?="},
    "word-broken": lambda rng: {"Subject": "=?utf-8?Q?never ends and =?x?Y?z?="},
    "word-name": lambda rng: {"From": "=?utf-8?q?J=C3=BCrgen?= <j@example.org>"},
    "raw-8bit": lambda rng: {"Subject": "na\u00efve \u00fcber", "From": "J\u00fcrgen <j@example.org>"},
    "no-from": lambda rng: {"From": None},
    "no-date": lambda rng: {"Date": None},
    "bad-date": lambda rng: {"Date": "yesterday at noon"},
    "no-subject": lambda rng: {"Subject": None},
    "empty-subject": lambda rng: {"Subject": ""},
    "no-id": lambda rng: {"Message-ID": None},
    "bare-id": lambda rng: {"Message-ID": "not-in-brackets"},
    "group": lambda rng: {"To": "friends: a@example.org, B <b@example.org>;"},
    "empty-group": lambda rng: {"To": "undisclosed-recipients:;"},
    "groups": lambda rng: {"To": "x: a@example.org;, y:;, c@example.org", "Cc": "z@example.org, w: v@example.org;"},
    "comments": lambda rng: {"From": "ada@example.org (Ada (of the) Quill)", "To": "(hi) bert@example.org (there)"},
    "quoted-name": lambda rng: {"From": '"Quill, \\"Ada\\" \\\\ x" <ada@example.org>'},
    "quoted-local": lambda rng: {"From": '"ada quill"@example.org'},
    "route": lambda rng: {"From": "<@a.example,@b.example:ada@example.org>"},
    "no-host": lambda rng: {"From": "root", "To": "root, Bert <bert>"},
    "empty-angle": lambda rng: {"From": "Mailer <>", "Return-Path": "<>"},
    "senders": lambda rng: {"From": "a@example.org, b@example.org", "Sender": "s@example.org", "Reply-To": "r@example.org"},
    "empty-sender": lambda rng: {"Sender": "", "Reply-To": ""},
    "many-to": lambda rng: {"To": ",\n ".join(f"User {i} <u{i}@example.org>" for i in range(150))},
    "long-header": lambda rng: {"X-Long": "y" * 5000, "Subject": "z" * 2000},
    "blank-colon": lambda rng: {"Subject ": "blank before the colon"},
    "in-reply": lambda rng: {"In-Reply-To": "<a@example.org> <b@example.org>", "References": "<a@example.org>\n <b@example.org>"},
    "disposition": lambda rng: {"Content-Disposition": "attachment; filename*=utf-8''na%C3%AFve.txt"},
    "continued": lambda rng: {"Content-Disposition": 'attachment; filename*0="long "; filename*1="name.txt"'},
    "junk-line": lambda rng: {"Subject": "before junk\nthis line is no header field"},
    "trailing": lambda rng: {"Subject": "blanks at the end   \t"},
    "only-blank-fold": lambda rng: {"Subject": "one\n \n two"},
    "no-space": lambda rng: {"Subject": None, "X-A": "1\nSubject:tight"},
    "dots": lambda rng: {"From": "a..b.@example.org", "To": "<c@[127.0.0.1]>, d@example.org."},
    "semicolons": lambda rng: {"To": "a@example.org; b@example.org"},
}

LINE_ENDS = ("lf", "crlf")


def kinds():
    """All kinds, as (shape, oddity, line ends)."""
    return [(shape, oddity, ends) for shape in SHAPES for oddity in ODDITIES for ends in LINE_ENDS]


def name(kind):
    return f"{kind[0].__name__}/{kind[1]}/{kind[2]}"


def build(kind, rng):
    """The bytes of a message of this kind."""
    shape, oddity, ends = kind
    fields = usual(rng)
    content, body = shape(rng)
    changes = ODDITIES[oddity](rng)
    fields.update(changes)
    head = "".join(f"{field}: {value}\n" for field, value in fields.items() if value is not None)
    if content:
        head += "MIME-Version: 1.0\n" + content + "\n"
    data = head.encode() + b"\n" + (body if isinstance(body, bytes) else body.encode())
    return data.replace(b"\n", b"\r\n") if ends == "crlf" else data


# Whole files that no combination gives.
SPECIAL = {
    "empty": b"",
    "one-newline": b"\n",
    "header-only": b"From: a@example.org\nSubject: no empty line",
    "header-and-eof": b"From: a@example.org\nSubject: x\n",
    "body-only": b"\njust a body\n",
    "from-line": b"From somebody Mon Jan  1 00:00:00 2024\nSubject: mbox\n\nbody\n",
    "bare-cr": b"Subject: cr\n\nline one\rstill line one\nline two\n",
    "mixed-ends": b"Subject: mixed\r\nFrom: a@example.org\n\nunix\r\nnot\n",
    "nul": b"Subject: nul\n\nbefore \x00 after\n",
    "binary": b"Subject: binary\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: binary\n\n" + bytes(range(1, 256)) + b"\n",
    "blank-first": b" leading blank line\nSubject: late\n\nbody\n",
    "colon-only": b": nothing\nSubject: after\n\nbody\n",
    "crcrlf": b"Subject: crcrlf\r\r\nFrom: a@example.org\r\r\n\r\r\nbody\r\r\n",
    "huge-header": b"Subject: huge\n" + b"".join(b"X-%d: %s\n" % (i, b"v" * 60) for i in range(1500)) + b"\nbody\n",
}
