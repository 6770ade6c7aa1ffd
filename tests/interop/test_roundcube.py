# SPDX-License-Identifier: Apache-2.0
"""Roundcube (Debian's package) in a headless Chromium: what a person does with a webmail, and that all of it meets one warm
worker. HEARTH_SCREENSHOTS names a directory that gets a picture of each step."""

import contextlib
import email
import email.message
import os
import pathlib
import re
import sqlite3
import subprocess

import pytest

from browser import Browser
from conftest import needs
from hearth_test.dovecot import wait_for_port  # noqa: F401
from hearth_test.instance import free_port, reap_orphans

PROGRAM = pathlib.Path("/usr/share/roundcube")

CONFIG = """<?php
$config = [];
$config['db_dsnw'] = 'sqlite:///{directory}/roundcube.db?mode=0600';
$config['imap_host'] = '127.0.0.1:{port}';
$config['smtp_host'] = '127.0.0.1:1';
$config['des_key'] = 'twenty-four-characters-x';
$config['log_driver'] = 'file';
$config['log_dir'] = '{directory}/logs/';
$config['temp_dir'] = '{directory}/temp/';
$config['imap_debug'] = true;
$config['plugins'] = [];
$config['skin'] = 'elastic';
$config['language'] = 'en_US';
$config['create_default_folders'] = true;
$config['draft_autosave'] = 0;
$config['refresh_interval'] = 0;
$config['mail_pagesize'] = 50;
"""


@contextlib.contextmanager
def roundcube(directory, imap_port):
    """Its URL. One request at a time, as the built-in server of PHP does it."""
    for name in ("config", "logs", "temp"):
        (directory / name).mkdir()
    (directory / "config/config.inc.php").write_text(CONFIG.format(directory=directory, port=imap_port))
    for name in ("defaults.inc.php", "mimetypes.php"):
        (directory / "config" / name).symlink_to(pathlib.Path("/etc/roundcube") / name)
    database = sqlite3.connect(directory / "roundcube.db")
    database.executescript((PROGRAM / "SQL/sqlite.initial.sql").read_text())
    database.close()
    port = free_port()
    server = subprocess.Popen(["php", "-S", f"127.0.0.1:{port}", "-t", "/var/lib/roundcube"], stdin=subprocess.DEVNULL,
                              env=dict(os.environ, ROUNDCUBE_CONFIG_DIR=str(directory / "config")),
                              stdout=open(directory / "php.log", "wb"), stderr=subprocess.STDOUT)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait()


def letter():
    """One with two attachments."""
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "bob@example.org", "alice@example.org", "With two attachments"
    message["Message-ID"], message["Date"] = "<two@example.org>", "Mon, 02 Nov 2026 10:00:00 +0000"
    message.set_content("The needle is in this letter.\n")
    message.add_attachment(bytes(range(256)) * 40, maintype="application", subtype="octet-stream", filename="numbers.bin")
    message.add_attachment("a;b\n1;2\n", subtype="csv", filename="Tabelle für März.csv")
    return message.as_bytes().replace(b"\n", b"\r\n")


ROW = "[...document.querySelectorAll('#messagelist tr.message')].find(row => row.innerText.includes({!r}))"


class Webmail:
    def __init__(self, browser, url):
        self.browser, self.url, self.step = browser, url, 0

    def picture(self, name):
        self.step += 1
        if directory := os.environ.get("HEARTH_SCREENSHOTS"):
            pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
            self.browser.screenshot(pathlib.Path(directory) / f"{self.step}-{name}.png")

    def log_in(self, user, password):
        self.browser.open(self.url)
        self.browser.wait_for("document.querySelector('#rcmloginuser')")
        self.picture("login")
        self.browser.evaluate(f"document.querySelector('#rcmloginuser').value = {user!r};"
                              f"document.querySelector('#rcmloginpwd').value = {password!r};"
                              "document.querySelector('#rcmloginsubmit').click()")

    def listed(self, count):
        try:
            self.browser.wait_for(f"window.rcmail && rcmail.task == 'mail' && rcmail.message_list && !rcmail.busy && "
                                  f"rcmail.env.messagecount == {count} && rcmail.message_list.rowcount == {min(count, 50)}")
        except AssertionError:
            state = "[rcmail.busy, rcmail.env.messagecount, rcmail.message_list.rowcount]"
            raise AssertionError(f"wanted {count} messages in the list; there is {self.browser.evaluate(state)}") from None

    def list(self, count):
        self.browser.open(self.url + "?_task=mail&_mbox=INBOX")
        self.listed(count)

    def select(self, uid):
        """Selects a row; its preview is loaded then, and no command is taken before that has ended."""
        uid = self.browser.evaluate(uid)
        self.browser.evaluate(f"rcmail.message_list.select({uid})")
        self.browser.wait_for(f"(frame => frame.contentWindow.location.href.includes('_uid={uid}&') && !rcmail.busy && "
                              "frame.contentDocument.readyState == 'complete')(document.querySelector('#messagecontframe'))")

    def command(self, *words):
        self.browser.wait_for(f"document.readyState == 'complete' && rcmail.commands[{words[0]!r}] && !rcmail.busy")
        self.browser.evaluate(f"rcmail.command({', '.join(map(repr, words))})")
        self.browser.wait_for("!rcmail.busy")


def count_in(instance, mailbox, flag="", subject=""):
    """Messages on disk, with this letter in their names and this subject: a look by IMAP would be a session of its own, and
    all of alice's are to be the browser's."""
    found = 0
    directory = instance.maildir("alice") / ("" if mailbox == "INBOX" else "." + mailbox)
    for path in [*directory.glob("cur/*"), *directory.glob("new/*")]:
        with contextlib.suppress(FileNotFoundError):  # it has just got another name
            message = email.message_from_bytes(path.read_bytes())
            found += flag in path.name.partition(":2,")[2] and subject in (message["Subject"] or "")
    return found


def test_a_person_works_with_roundcube(server, tmp_path):
    chromium = needs("chromium")
    needs("php")
    if not PROGRAM.exists():
        pytest.skip("roundcube-core is not installed")
    instance = server(messages=60)
    client = instance.imap()
    client.create("Kept")
    client.subscribe("Kept")
    client.select("INBOX")  # what is there gets its UIDs before the letter
    client.append("INBOX", None, None, letter())
    client.logout()
    with roundcube(tmp_path, instance.port) as url, Browser(chromium, tmp_path) as browser:
        mail = Webmail(browser, url)
        mail.log_in("alice", instance.password)
        mail.listed(61)
        mail.picture("list")

        browser.evaluate(f"rcmail.show_message({ROW.format('With two attachments')}.uid)")
        browser.wait_for("document.querySelectorAll('#attachment-list li').length == 2")
        assert "The needle is in this letter." in browser.evaluate("document.querySelector('#messagebody').innerText")
        mail.picture("message")
        size = browser.evaluate("fetch(document.querySelector('#attachment-list li a').href.replace('_frame=1', '') + "
                                "'&_download=1').then(r => r.arrayBuffer()).then(b => b.byteLength)")
        assert size == 10240

        mail.list(61)
        browser.evaluate("document.querySelector('#mailsearchform').value = 'With two attachments'")
        mail.command("search")
        mail.listed(1)
        mail.picture("search")
        mail.command("reset-search")
        mail.listed(61)

        mail.select(ROW.format("With two attachments") + ".uid")
        mail.command("mark", "flagged")
        instance.wait_for("the flag", lambda: count_in(instance, "INBOX", "F", "attachments") == 1)
        mail.picture("flagged")
        mail.command("move", "Kept")
        mail.listed(60)
        assert count_in(instance, "Kept") == 1
        mail.picture("moved")

        mail.select("rcmail.message_list.get_first_row()")
        mail.command("delete")
        mail.listed(59)
        assert count_in(instance, "Trash") == 1
        mail.picture("deleted")

        browser.open(url + "?_task=mail&_action=compose")
        browser.wait_for("window.rcmail && rcmail.env.compose_id && document.querySelector('#composebody')")
        browser.evaluate("document.querySelector('#_to').value = 'bob@example.org';"
                         "document.querySelector('#compose-subject').value = 'A draft';"
                         "document.querySelector('#composebody').value = 'Half a sentence'")
        mail.command("savedraft")
        instance.wait_for("the draft", lambda: count_in(instance, "Drafts", subject="A draft") == 1)
        mail.picture("draft")
    reap_orphans()
    if instance.is_hearth:
        # PHP's server takes one request at a time, so no two sessions are parallel: all but the first find the worker free.
        reuse = instance.logins("alice")
        assert len(reuse) > 10 and reuse[0].startswith("cold") and set(reuse[1:]) == {"warm"}, reuse
        pids = set(re.findall(r"Login: user=<alice>.* mpid=(\d+)", instance.log()))
        assert len(pids) == 1, pids
