// Progress lines for people: one line when something begins, one when it has ended.
const start = Date.now();

// A terminal that went away must not keep us from stopping what we started.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

export function say(text) {
  const at = ((Date.now() - start) / 1000).toFixed(0).padStart(4);
  process.stdout.write(`[${at}s] ${text}\n`);
}

/** Runs a step between two progress lines, and a sign of life every 15 seconds. */
export async function step(name, work) {
  const began = Date.now();
  say(`${name} ...`);
  const alive = setInterval(
    () => say(`${name} ... ${seconds(Date.now() - began)}`),
    15_000,
  );
  try {
    const result = await work();
    say(`${name}: done (${seconds(Date.now() - began)})`);
    return result;
  } finally {
    clearInterval(alive);
  }
}

/** An error that is meant for the person at the keyboard: shown without a stack. */
export class Hint extends Error {}

export function explain(error) {
  if (error instanceof Hint) return error.message;
  return error?.stack ?? String(error);
}
