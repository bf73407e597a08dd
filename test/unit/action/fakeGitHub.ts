import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A comment that it keeps. */
interface KeptComment {
  id: number;
  issue: number;
  body: string;
}

/** The part of GitHub's API that comments need, on this machine: the only thing here that no lab can have. */
export class FakeGitHub {
  readonly comments: KeptComment[] = [];

  private constructor(
    private readonly server: Server,
    private readonly token: string,
  ) {}

  /** Starts it; it knows one token. */
  static async start(token: string): Promise<FakeGitHub> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const github = new FakeGitHub(server, token);
    server.on('request', (incoming: IncomingMessage, outgoing) => {
      void github.answer(incoming).then(({ status, body }) => {
        outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    return github;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The comments of a pull request. */
  bodies(issue: number): string[] {
    return this.comments.filter((comment) => comment.issue === issue).map(({ body }) => body);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(incoming: IncomingMessage): Promise<{ status: number; body: unknown }> {
    let text = '';
    for await (const chunk of incoming) text += String(chunk);
    const url = new URL(incoming.url ?? '/', this.url);
    if (incoming.headers.authorization !== `Bearer ${this.token}`) return { status: 403, body: {} };
    const body = text === '' ? '' : ((JSON.parse(text) as { body: string }).body ?? '');
    if (body.length > 65_536) return { status: 422, body: { message: 'Body is too long' } };
    const issue = Number(/^\/repos\/acme\/openemr\/issues\/(\d+)\/comments$/.exec(url.pathname)?.[1]);
    if (issue > 0 && incoming.method === 'GET') {
      const page = Number(url.searchParams.get('page'));
      const all = this.comments.filter((comment) => comment.issue === issue);
      return { status: 200, body: all.slice((page - 1) * 100, page * 100) };
    }
    if (issue > 0) {
      this.comments.push({ id: 1000 + this.comments.length, issue, body });
      return { status: 201, body: {} };
    }
    const id = Number(/^\/repos\/acme\/openemr\/issues\/comments\/(\d+)$/.exec(url.pathname)?.[1]);
    const found = this.comments.find((comment) => comment.id === id);
    if (found === undefined || incoming.method !== 'PATCH') return { status: 404, body: {} };
    found.body = body;
    return { status: 200, body: {} };
  }
}
