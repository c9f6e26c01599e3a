// `npm run audit:verify -- export.ndjson --key public.pem`: verifies an export of the audit
// trail with public keys alone. It shares no code with the hub, and needs nothing but Node:
// a fault of the hub cannot hide here. The format stands in docs/audit.md.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const SCHEME = 'migrate-hub/audit-export/1';

/** What is wrong, and where. */
class Broken extends Error {}

const sha256 = data => createHash('sha256').update(data).digest();

/** RFC 8785: members sorted by UTF-16 code units, everything else as JSON.stringify has it. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value)
    .filter(name => value[name] !== undefined)
    .sort()
    .map(name => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(',')}}`;
}

function linkHash(before, seq, eventHash) {
  const position = Buffer.alloc(8);
  position.writeBigUInt64BE(BigInt(seq));
  return sha256(Buffer.concat([before, position, eventHash]));
}

/** Reads the lines of an export and follows the chain along them. */
class Export {
  #keys;
  #header;
  #seq = 0;
  #hash = Buffer.alloc(32);
  /** Seq of the last checkpoint; undefined before the first. */
  #checkpoint;
  #ended = false;
  /** Checkpoints that were kept elsewhere, by seq, until the chain comes to them. */
  #kept = new Map();
  events = 0;

  constructor(keys) {
    this.#keys = keys;
  }

  /** A line of JSON, as the ledger of a target has it. */
  expect(text) {
    const kept = parse(text, undefined);
    this.#assertSigned(
      { scheme: 'migrate-hub/checkpoint/1', ...signedPart(kept) },
      kept.signature,
      `the checkpoint ${kept.seq} that was kept elsewhere`,
    );
    this.#kept.set(kept.seq, [...(this.#kept.get(kept.seq) ?? []), kept.hash]);
  }

  get seq() {
    return this.#seq;
  }

  get first() {
    return this.#header.after + 1;
  }

  line(text, number) {
    const entry = parse(text, number);
    if (this.#ended) throw new Broken(`line ${number} is after the end`);
    if (number === 1) return this.#begin(entry);
    if (entry.type === 'event' || entry.type === 'link') {
      return this.#link(entry, number);
    }
    if (entry.type === 'checkpoint') return this.#sign(entry, number);
    if (entry.type === 'end') return this.#end(entry);
    throw new Broken(`line ${number} is of no known type`);
  }

  finish() {
    if (!this.#header) throw new Broken('the file is empty');
    if (!this.#ended) {
      throw new Broken(
        `the file was cut off after link ${
          this.#seq
        }: its signed end is missing`,
      );
    }
    const beyond = Math.max(...this.#kept.keys());
    if (beyond > this.#seq) {
      throw new Broken(
        `the chain ends at link ${
          this.#seq
        }, but checkpoint ${beyond} was kept elsewhere: its tail was cut off, or this export is older`,
      );
    }
  }

  #begin(entry) {
    if (entry.type !== 'export' || entry.scheme !== SCHEME) {
      throw new Broken(`line 1 is not the beginning of an export (${SCHEME})`);
    }
    this.#header = entry;
  }

  #link(entry, number) {
    if (this.#seq === 0 && this.#header.after > 0) {
      throw new Broken(
        `the checkpoint ${
          this.#header.after
        } that this export begins at is missing`,
      );
    }
    if (entry.seq !== this.#seq + 1) {
      throw new Broken(
        `link ${
          this.#seq + 1
        } is missing, or out of order: line ${number} has link ${entry.seq}`,
      );
    }
    let eventHash = Buffer.from(String(entry.hash), 'hex');
    if (entry.type === 'event') {
      const found = sha256(canonical(entry.event));
      if (!found.equals(eventHash)) {
        throw new Broken(
          `link ${entry.seq} (line ${number}): the event was altered`,
        );
      }
      this.#checkPersonal(entry, number);
      if (!isAskedFor(entry.event, this.#header.filter)) {
        throw new Broken(
          `link ${entry.seq} (line ${number}): the filter of this export leaves this event out`,
        );
      }
      eventHash = found;
      this.events += 1;
    }
    this.#hash = linkHash(this.#hash, entry.seq, eventHash);
    this.#seq = entry.seq;
    for (const hash of this.#kept.get(entry.seq) ?? []) {
      if (hash !== this.#hash.toString('hex')) {
        throw new Broken(
          `link ${entry.seq} is not the one of the checkpoint that was kept elsewhere: the chain was rewritten`,
        );
      }
    }
    if (entry.type === 'event' && entry.chain !== this.#hash.toString('hex')) {
      throw new Broken(
        `link ${
          entry.seq
        } (line ${number}) does not follow from the links before: after checkpoint ${
          this.#checkpoint ?? 0
        } something was altered, or links were reordered`,
      );
    }
  }

  /** Absent where it was erased; the event has the commitment to it. */
  #checkPersonal({ seq, event, personal }, number) {
    if (personal === undefined) return;
    const salt = Buffer.from(String(personal.salt), 'base64');
    const data = Buffer.from(canonical(personal.data));
    const found = sha256(Buffer.concat([salt, data])).toString('hex');
    if (found !== event.personal) {
      throw new Broken(
        `link ${seq} (line ${number}): the personal data was altered`,
      );
    }
  }

  #sign(entry, number) {
    const signed = signedPart(entry);
    this.#assertSigned(
      { scheme: 'migrate-hub/checkpoint/1', ...signed },
      entry.signature,
      `checkpoint ${entry.seq} (line ${number})`,
    );
    const isStart = this.#seq === 0 && this.#header.after === entry.seq;
    if (isStart) {
      this.#seq = entry.seq;
      this.#hash = Buffer.from(entry.hash, 'hex');
    } else if (
      entry.seq !== this.#seq ||
      entry.hash !== this.#hash.toString('hex')
    ) {
      throw new Broken(
        `checkpoint ${entry.seq} (line ${number}): the links ${
          (this.#checkpoint ?? 0) + 1
        } to ${this.#seq} are not those that were signed`,
      );
    } else if (entry.previous !== this.#checkpoint) {
      throw new Broken(
        `checkpoint ${entry.previous} before checkpoint ${entry.seq} (line ${number}) is missing`,
      );
    }
    this.#checkpoint = entry.seq;
  }

  #end(entry) {
    const signed = signedPart(entry);
    this.#assertSigned(signed, entry.signature, 'the end of the file');
    const { id, at, filter, after } = this.#header;
    const told = { id, at, filter, after, seq: this.#seq, events: this.events };
    for (const [name, value] of Object.entries(told)) {
      if (canonical(signed[name]) !== canonical(value)) {
        throw new Broken(
          `the file does not have the ${name} that was signed at its end: ${canonical(
            signed[name],
          )}, but ${canonical(value)}`,
        );
      }
    }
    if (
      signed.scheme !== SCHEME ||
      signed.hash !== this.#hash.toString('hex')
    ) {
      throw new Broken(
        `the links after checkpoint ${
          this.#checkpoint ?? 0
        } are not those that were signed at the end`,
      );
    }
    if ((this.#checkpoint ?? 0) !== this.#seq) {
      throw new Broken(`checkpoint ${this.#seq} is missing`);
    }
    this.#ended = true;
  }

  #assertSigned(value, signature, what) {
    const bytes = Buffer.from(canonical(value));
    const given = Buffer.from(String(signature), 'base64');
    if (!this.#keys.some(key => verify(undefined, bytes, key, given))) {
      throw new Broken(
        `${what} is not signed by a given key (it names key '${value.keyId}'): it was altered, or give that key with --key as well`,
      );
    }
  }
}

/** Otherwise an event that is asked for could be left out for one that is not. */
function isAskedFor(event, filter) {
  const { from, to, ...same } = filter;
  const at = Date.parse(event.at);
  return (
    Object.entries(same).every(([name, value]) => event[name] === value) &&
    (from === undefined || at >= Date.parse(from)) &&
    (to === undefined || at <= Date.parse(to))
  );
}

function signedPart(entry) {
  const signed = { ...entry };
  delete signed.type;
  delete signed.signature;
  return signed;
}

function parse(text, number) {
  try {
    const entry = JSON.parse(text);
    if (entry && typeof entry === 'object') return entry;
  } catch {
    // Told below: a line that breaks off is one that was altered or cut.
  }
  throw new Broken(
    number === undefined
      ? 'a checkpoint that was kept elsewhere is no JSON object'
      : `line ${number} is no JSON object: altered, or cut off`,
  );
}

/** Lines end with LF and nothing else: in JSON a U+2028, which readline splits at, is text. */
async function* linesOf(path) {
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    yield* lines;
  }
  if (rest) yield rest;
}

function readKeys(paths) {
  return paths.map(path => {
    const key = createPublicKey(readFileSync(path));
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`${path} is not an Ed25519 public key`);
  });
}

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true },
      checkpoints: { type: 'string' },
    },
  });
  if (positionals.length !== 1 || !values.key) {
    console.error(
      'usage: npm run audit:verify -- export.ndjson --key public.pem [--key retired.pem] [--checkpoints kept.txt]',
    );
    process.exitCode = 2;
    return;
  }
  const chain = new Export(readKeys(values.key));
  let number = 0;
  try {
    if (values.checkpoints) {
      for await (const text of linesOf(values.checkpoints)) {
        if (text.trim()) chain.expect(text);
      }
    }
    for await (const text of linesOf(positionals[0])) {
      number += 1;
      chain.line(text, number);
    }
    chain.finish();
    console.log(
      `ok: links ${chain.first} to ${chain.seq}, ${chain.events} events, signed at the end`,
    );
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    console.log(`BROKEN: ${error.message}`);
    process.exitCode = 1;
  }
}

await main().catch(error => {
  console.error(error.message);
  process.exitCode = 2;
});
