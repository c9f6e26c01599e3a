import { ResponseError } from '@backstage/errors';
import { MigrateHubClient } from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** Saves the whole log of a run as text: a link could not send the bearer token. */
export async function downloadLog(
  hub: MigrateHubClient,
  runId: string,
): Promise<void> {
  const response = await hub.fetch(
    'listRunLogs',
    { params: { id: runId } },
    { Accept: 'text/plain' },
  );
  if (!response.ok) throw await ResponseError.fromResponse(response);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = `run-${runId}.log`;
  link.click();
  URL.revokeObjectURL(url);
}
