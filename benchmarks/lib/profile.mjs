// Which functions of a Node process take its time, by its inspector.
const INTERVAL_US = 500;

/** A connection to the inspector of a process that was started with `--inspect=127.0.0.1:<port>`. */
export class Profiler {
  #socket;
  #waiting = new Map();
  #last = 0;

  static async connect(port) {
    const profiler = new Profiler();
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [{ webSocketDebuggerUrl }] = await response.json();
    profiler.#socket = new globalThis.WebSocket(webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      profiler.#socket.onopen = resolve;
      profiler.#socket.onerror = reject;
    });
    profiler.#socket.onmessage = ({ data }) => {
      const { id, result } = JSON.parse(data);
      profiler.#waiting.get(id)?.(result);
    };
    await profiler.#send('Profiler.enable');
    await profiler.#send('Profiler.setSamplingInterval', {
      interval: INTERVAL_US,
    });
    return profiler;
  }

  async start() {
    await this.#send('Profiler.start');
  }

  /** @returns a profile as Chromium's tools read it */
  async stop() {
    const { profile } = await this.#send('Profiler.stop');
    return profile;
  }

  close() {
    this.#socket.close();
  }

  #send(method, params) {
    this.#last += 1;
    const id = this.#last;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise(resolve => this.#waiting.set(id, resolve));
  }
}

/** Milliseconds by package, and for ours by file; idle time left out. */
export function timeByPlace(profile) {
  const nodes = new Map(profile.nodes.map(node => [node.id, node]));
  const times = new Map();
  for (const [n, id] of profile.samples.entries()) {
    const place = placeOf(nodes.get(id).callFrame);
    if (place === '(idle)') continue;
    const ms = profile.timeDeltas[n] / 1000;
    times.set(place, (times.get(place) ?? 0) + ms);
  }
  return [...times].sort(([, a], [, b]) => b - a);
}

function placeOf({ functionName, url }) {
  if (!url) return functionName || '(native)';
  const [, dependency] =
    /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (dependency) return dependency;
  const [, ours] = /\/(?:plugins|packages)\/(.+)$/.exec(url) ?? [];
  return ours ?? url.replace(/^node:internal\/([^/]+).*/, 'node:$1');
}
