/** Resolves once the condition holds; asks again every few milliseconds, fails after 20 s if not told otherwise. @public */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  options: { withinMs?: number } = {},
): Promise<void> {
  const { withinMs = 20_000 } = options;
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`Waited ${withinMs / 1_000} s in vain until ${what}`);
    }
    await new Promise(resolve => {
      setTimeout(resolve, 20);
    });
  }
}
