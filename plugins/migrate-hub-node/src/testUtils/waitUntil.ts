/** Resolves once the condition holds; asks again every few milliseconds, fails after 20 s. @public */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`Waited 20 s in vain until ${what}`);
    }
    await new Promise(resolve => {
      setTimeout(resolve, 20);
    });
  }
}
