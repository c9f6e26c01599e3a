import { createServer } from 'node:net';
import { Hint } from './progress.mjs';

/** A port of the loopback interface that was free a moment ago; `wanted`, or it rejects. */
export async function freePort(wanted = 0) {
  const server = await listen(wanted, '127.0.0.1');
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
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
