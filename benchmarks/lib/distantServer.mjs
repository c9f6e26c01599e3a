// The same server, as if it were elsewhere.
import { connect, createServer } from 'node:net';

/** What is sent to it through this one's port arrives so many milliseconds later, at least. */
export async function atDistance(server, milliseconds) {
  const sockets = new Set();
  const listener = createServer({ noDelay: true }, client => {
    const upstream = connect({
      ...{ port: server.port, host: server.host },
      noDelay: true,
    });
    // Timers of the same length fire in their order.
    client.on('data', data =>
      setTimeout(() => upstream.write(data), milliseconds),
    );
    upstream.pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise(resolve => listener.listen(0, '127.0.0.1', resolve));
  return {
    ...server,
    host: '127.0.0.1',
    port: listener.address().port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => listener.close(resolve));
    },
  };
}
