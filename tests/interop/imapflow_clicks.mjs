// SPDX-License-Identifier: Apache-2.0
// argv: port user password clicks. Each click is a connection of its own; prints what was read of the last.
import { createRequire } from "node:module";
const require = createRequire(process.env.HEARTH_INTEROP + "/");
const { ImapFlow } = require("imapflow");
const [port, user, pass, clicks] = process.argv.slice(2);
let subjects = [];
for (let click = 0; click < Number(clicks); click++) {
  const client = new ImapFlow({ host: "127.0.0.1", port: Number(port), secure: false, auth: { user, pass }, logger: false, doSTARTTLS: false });
  await client.connect();
  const lock = await client.getMailboxLock("INBOX");
  subjects = [];
  for await (const message of client.fetch("1:*", { envelope: true, flags: true, bodyStructure: true, uid: true })) {
    subjects.push(message.envelope.subject);
  }
  const one = await client.fetchOne("1", { source: true });
  if (!one.source.length) throw new Error("empty message");
  const status = await client.status("INBOX", { messages: true, unseen: true });
  if (status.messages !== subjects.length) throw new Error("STATUS and FETCH do not agree");
  lock.release();
  await client.logout();
}
console.log(JSON.stringify(subjects));
