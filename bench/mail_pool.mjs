// Nodemailer's pool, as its page shows it: node mail_pool.mjs FOLDER PORT COUNT SESSIONS, the wording as JSON on standard input.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, ...numbers] = process.argv.slice(2);
const [port, count, sessions] = numbers.map(Number);
const { createTransport } = createRequire(`${folder}/`)(folder);
const words = JSON.parse(readFileSync(0, "utf8"));
const transport = createTransport({
  host: "127.0.0.1", port, ignoreTLS: true, pool: true, maxConnections: sessions, maxMessages: Infinity,
});
let next = 0;

async function oneAfterAnother() {
  while (next < count) {
    const number = next++;
    const filled = (text) => text.replaceAll("NAME", `Anna ${number}`).replaceAll("NUMBER", number);
    await transport.sendMail({
      envelope: { from: "bounces@hub.test", to: `anna.${number}@example.test` },
      from: "The hub <news@hub.test>",
      to: `anna.${number}@example.test`,
      subject: filled(words.subject),
      text: filled(words.plain),
      html: filled(words.html),
      date: new Date("2026-05-01T10:00:00Z"),
      messageId: `<d-${number}@hub.test>`,
      headers: { "List-Unsubscribe": `<https://hub.test/u/${number}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
    });
  }
}

const began = process.hrtime.bigint();
// twice as many as there are connections, so that none waits for the next message
await Promise.all(Array.from({ length: 2 * sessions }, oneAfterAnother));
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ rate: count / seconds, cpu: (user + system) / count }));
transport.close();
