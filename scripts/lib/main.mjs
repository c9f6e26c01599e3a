// How every script here begins and ends: the right Node, a clean stop, an exit code.
import { explain, step } from './progress.mjs';
import { isAnythingRunning, stopEverything } from './run.mjs';
import { underSupportedNode, whenNpmIsGone } from './toolchain.mjs';

/**
 * Runs `work` under a supported Node and ends with the exit code that it returns. When the process
 * is interrupted (Ctrl-C, SIGTERM), or `work` fails, everything that was started is stopped first.
 */
export async function main(work, { interruptedCode = 130 } = {}) {
  await underSupportedNode();
  const interruption = new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => resolve(interruptedCode));
    }
    const lost = () => resolve(interruptedCode);
    if (process.channel) process.on('disconnect', lost);
    else whenNpmIsGone(lost);
  });
  let code;
  try {
    // An interruption counts at once, also in the middle of a step.
    code = await Promise.race([work(), interruption]);
  } catch (error) {
    process.stderr.write(`\n${explain(error)}\n`);
    code = 1;
  }
  if (isAnythingRunning()) await step('Stopping', stopEverything);
  process.exit(code);
}
