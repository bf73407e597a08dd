import { z } from 'zod';
import { readStored } from '../base/stored';
import { fetchThrough } from '../base/proxy/fetch';

/** Where a comment goes. */
export interface PullRequest {
  /** As in `https://api.github.com`. */
  apiUrl: string;
  /** `owner/name`. */
  repository: string;
  number: number;
  token: string;
}

/** Comments, as far as they matter here. */
const commentsSchema = z.array(z.object({ id: z.number(), body: z.nullish(z.string()) }));
type Comment = z.infer<typeof commentsSchema>[number];

/** Pages of a hundred comments that are looked through for an earlier one. */
const pages = 10;
const limitMs = 15_000;

/**
 * Writes a comment on a pull request (docs.github.com/en/rest/issues/comments).
 * @param marker how an earlier comment begins that is replaced; undefined: there is always a new one
 * @throws Error saying which request GitHub refused, without the token
 */
export async function writeComment(
  pullRequest: PullRequest,
  body: string,
  marker: string | undefined,
): Promise<void> {
  const earlier = marker === undefined ? undefined : await findComment(pullRequest, marker);
  if (earlier === undefined)
    await send(pullRequest, 'POST', `issues/${pullRequest.number}/comments`, { body });
  else await send(pullRequest, 'PATCH', `issues/comments/${earlier.id}`, { body });
}

async function findComment(pullRequest: PullRequest, marker: string): Promise<Comment | undefined> {
  for (let page = 1; page <= pages; page += 1) {
    const path = `issues/${pullRequest.number}/comments?per_page=100&page=${page}`;
    const read = readStored(commentsSchema, await send(pullRequest, 'GET', path));
    if (!read.ok) throw new Error(`GitHub listed the comments in an unknown form: ${read.problem}`);
    const comments = read.value;
    const found = comments.find(({ body }) => body?.startsWith(marker) === true);
    if (found !== undefined || comments.length < 100) return found;
  }
  return undefined;
}

async function send(
  { apiUrl, repository, token }: PullRequest,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await fetchThrough(`${apiUrl}/repos/${repository}/${path}`, {
    method,
    redirect: 'error',
    signal: AbortSignal.timeout(limitMs),
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'user-agent': 'openemr-credential-rotation',
      'x-github-api-version': '2022-11-28',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok)
    throw new Error(
      `GitHub answered ${answer.status} to ${method} ${path.split('?')[0]}; the job needs the permission pull-requests: write`,
    );
  return answer.json();
}
