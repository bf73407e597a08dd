import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';

/**
 * Sends a request over an agent that keeps connections, and gives the reply when its head has come.
 *
 * The API server closes a connection that was idle for 90 s. A request that is sent on it at that moment is never
 * read, so it is sent again, as Node advises: https://nodejs.org/api/http.html#requestreusedsocket
 * @throws what the connection ended with, before there was a reply.
 */
export function send(
  url: string | URL,
  options: RequestOptions,
  body?: string | Buffer,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let answered = false;
    const sent = request(url, options, (reply) => {
      answered = true;
      resolve(reply);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const closedWhileIdle = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      // Each try takes one of the kept connections away, so this comes to an end.
      if (!answered && sent.reusedSocket && closedWhileIdle) resolve(send(url, options, body));
      else reject(error);
    });
    sent.end(body);
  });
}
