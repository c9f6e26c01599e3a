import { Fence } from '../store/runItemAttempts';
import { LogChunk, LogEntry } from '../store/runLogs';

/** So many lines go into one row. */
const CHUNK_LINES = 1000;

/**
 * Lines of an attempt as they are stored.
 *
 * @param options - `lost`: another attempt has the item by now. What this one
 * says is kept, but nobody shall take it for the truth of the item.
 */
export function logChunks(
  { itemId, attempt }: Fence,
  entries: LogEntry[],
  options: { lost: boolean },
): LogChunk[] {
  const lines = options.lost
    ? entries.map(entry => ({
        ...entry,
        message: `[lost attempt ${attempt}] ${entry.message}`,
      }))
    : entries;
  const chunks: LogChunk[] = [];
  for (let at = 0; at < lines.length; at += CHUNK_LINES) {
    chunks.push({
      itemId,
      attempt,
      entries: lines.slice(at, at + CHUNK_LINES),
    });
  }
  return chunks;
}
