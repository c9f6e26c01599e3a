/** Does `work` for every item, so many at a time. */
export async function inParallel(items, parallelism, work) {
  const rest = [...items].reverse();
  const worker = async () => {
    while (rest.length > 0) await work(rest.pop());
  };
  await Promise.all(Array.from({ length: parallelism }, worker));
}
