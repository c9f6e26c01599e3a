import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { Hint } from './progress.mjs';

/** Below what systems give to outgoing connections, which would take a port between our look and its use. */
const FIRST = 12_000;
const LAST = 31_999;

const given = new Set();

/** A port of the loopback interface that was free a moment ago, never the same twice. */
export async function freePort() {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1);
    if (given.has(port)) continue;
    given.add(port);
    try {
      const server = await listen(port, '127.0.0.1');
      await new Promise(resolve => server.close(resolve));
      return port;
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
    }
  }
}

/** Ends with a message that names the environment variable when the port is taken. */
export async function requireFreePort(port, { variable, purpose }) {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    try {
      const server = await listen(port, host);
      await new Promise(resolve => server.close(resolve));
    } catch (error) {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
      const reason = error.code === 'EACCES' ? 'not allowed' : 'already in use';
      throw new Hint(
        `Port ${port} for the ${purpose} is ${reason}. Stop the program that holds it, or choose another port: ${variable}=<port> npm start`,
      );
    }
  }
}

/** The port named by an environment variable, or its default. */
export function portFrom(variable, fallback) {
  const text = process.env[variable];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Hint(`${variable}=${text} is not a port number (1 to 65535).`);
  }
  return port;
}

function listen(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}
