// A database server for one test, which may be killed, stopped and started again:
// `node scripts/privateServer.mjs <postgres|mariadb|mysql> [--megabytes <size of a tmpfs>] [--tls]`.
//
// Takes commands as lines on stdin (`start`, `end <signal>`, `standby`, `promote`) and answers each
// with a line of JSON. Everything is gone when stdin ends.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { main } from './lib/main.mjs';
import { PrivateServer } from './lib/servers/privateServer.mjs';

async function serve() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { megabytes: { type: 'string' }, tls: { type: 'boolean' } },
  });
  const server = await PrivateServer.create({
    engine: positionals[0],
    megabytes: values.megabytes && Number(values.megabytes),
    tls: values.tls,
  });
  const commands = {
    start: () => server.start(),
    end: signal => server.end(signal),
    standby: () => server.startStandby(),
    promote: () => server.promote(),
  };
  try {
    for await (const line of createInterface({ input: process.stdin })) {
      const [command, argument] = line.split(' ');
      const answer = await commands[command](argument).catch(error => ({
        error: error.message,
      }));
      process.stdout.write(`${JSON.stringify(answer ?? {})}\n`);
    }
  } finally {
    await server.remove();
  }
  return 0;
}

main(serve);
