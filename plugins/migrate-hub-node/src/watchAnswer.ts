/** How a driver finds out that a line has gone silent. @public */
export interface SilenceWatch {
  /** Without a byte for so long, somebody looks, in milliseconds. */
  quietMs: number;
  /** Bytes that came over the line so far. */
  received(): number;
  /**
   * Asks the server over another connection whether it is through with what it
   * was sent: it waits for the next message, or the session is gone. May throw
   * where it cannot be asked. Absent: silence alone cuts the line.
   */
  hasAnswered?(): Promise<boolean>;
  /** Cuts the line, which makes the answer fail. */
  cut(): void;
}

/** From the suspicion to the second look: an answer may be on its way. */
const SURE_MS = 1_000;

/** A statement of hours is not asked after every few seconds. */
const LONGEST_MS = 60_000;

/**
 * Waits for an answer, and cuts the line if the answer cannot come any more.
 *
 * @remarks
 * A firewall that forgets a connection, or a machine that is gone, leaves a
 * line open over which nothing comes. A deadline would end healthy statements
 * too; so the server is asked: the line is cut only if it says twice that the
 * session has nothing to do, with not a byte in between.
 *
 * @public
 */
export async function watchAnswer<T>(
  answer: Promise<T>,
  watch: SilenceWatch,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  let pause = watch.quietMs;
  let suspectedAt: number | undefined;
  const look = async () => {
    const received = watch.received();
    const answered = watch.hasAnswered
      ? await watch.hasAnswered().catch(() => false)
      : true;
    if (isOver) return;
    const isSure = !watch.hasAnswered || suspectedAt === received;
    if (answered && isSure) {
      watch.cut();
      return;
    }
    suspectedAt = answered ? received : undefined;
    pause = Math.min(pause * 2, LONGEST_MS);
    timer = setTimeout(look, answered ? SURE_MS : pause);
  };
  timer = setTimeout(look, pause);
  try {
    return await answer;
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}
