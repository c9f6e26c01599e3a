import { ResponseError } from '@backstage/errors';

/**
 * Saves an answer of the API as a file: a link could not send the bearer token.
 *
 * @throws ResponseError if the API refused.
 */
export async function saveAs(name: string, response: Response): Promise<void> {
  if (!response.ok) throw await ResponseError.fromResponse(response);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
