// SPDX-License-Identifier: Apache-2.0
// argv: port user password. A mail program's day: folders, drafts, flags, search, move, copy, delete, and news that another
// connection makes while this one idles. Prints "done", or fails with the first thing that isn't so.
import assert from "node:assert";
import { createRequire } from "node:module";
const require = createRequire(process.env.HEARTH_INTEROP + "/");
const { ImapFlow } = require("imapflow");
const [port, user, pass] = process.argv.slice(2);
const connect = async () => {
  const client = new ImapFlow({ host: "127.0.0.1", port: Number(port), secure: false, auth: { user, pass }, logger: false, doSTARTTLS: false });
  await client.connect();
  return client;
};
const letter = (subject, text) =>
  `From: a@example.org\r\nTo: b@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replaceAll(" ", ".")}@example.org>\r\n\r\n${text}\r\n`;

const client = await connect();
await client.mailboxCreate(["Projects", "Über uns"]);
await client.mailboxCreate("Drafts");
await client.mailboxSubscribe("Drafts");
const paths = (await client.list()).map((box) => box.path);
assert(paths.includes("INBOX") && paths.includes("Drafts") && paths.some((path) => path.endsWith("Über uns")), paths.join());

// A draft is written, and written again.
const first = await client.append("Drafts", letter("draft one", "Half a"), ["\\Draft", "\\Seen"]);
assert(first.uid > 0 && first.uidValidity > 0n, "APPENDUID");
const second = await client.append("Drafts", letter("draft one", "Half a sentence"), ["\\Draft", "\\Seen"]);
let lock = await client.getMailboxLock("Drafts");
assert(await client.messageDelete(String(first.uid), { uid: true }));
assert.deepEqual(await client.search({ all: true }, { uid: true }), [second.uid]);
lock.release();

lock = await client.getMailboxLock("INBOX");
const total = client.mailbox.exists;
await client.messageFlagsAdd("1:3", ["\\Flagged", "$Label1"]);
assert.deepEqual(await client.search({ flagged: true, keyword: "$Label1", seq: "1:3" }), [1, 2, 3]);
await client.messageFlagsRemove("2", ["\\Flagged"]);
const two = await client.fetchOne("2", { flags: true, uid: true });
assert(!two.flags.has("\\Flagged") && two.flags.has("$Label1"));
const copied = await client.messageCopy("1", "Drafts");
assert(copied.uidMap.size === 1, "COPYUID");
const moved = await client.messageMove(String(two.uid), "Drafts", { uid: true });
assert(moved.uidMap.has(two.uid));
assert.equal(client.mailbox.exists, total - 1);

// News while it idles.
const other = await connect();
const news = new Promise((resolve) => client.once("exists", resolve));
const idling = client.idle();
await other.append("INBOX", letter("news", "Hear, hear"), []);
assert.equal((await news).count, total);
await client.noop();
await idling;
const flags = new Promise((resolve) => client.once("flags", resolve));
const idlingAgain = client.idle();
const otherLock = await other.getMailboxLock("INBOX");
await other.messageFlagsAdd("1", ["\\Answered"]);
assert((await flags).flags.has("\\Answered"));
otherLock.release();
await client.noop();
await idlingAgain;
await other.logout();

const { content } = await client.download(String(total), "TEXT");
let text = "";
for await (const chunk of content) text += chunk;
assert(text.includes("Hear, hear"), text);
lock.release();
await client.mailboxRename("Drafts", "Entwürfe");
assert.equal((await client.status("Entwürfe", { messages: true })).messages, 3);
await client.mailboxDelete("Entwürfe");
assert(!(await client.list()).some((box) => box.path === "Entwürfe"));
await client.logout();
console.log("done");
