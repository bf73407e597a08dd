import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** What npm sends when it publishes: the registry's document of a package, and the tarball in it. */
interface Published {
  name: string;
  'dist-tags': Record<string, string>;
  access: string;
  versions: Record<string, { repository: { url: string }; dist: { integrity: string } }>;
}

/** As much of npm's registry as `npm view` and `npm publish` need. */
export class Registry {
  readonly published: Published[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const answer = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      const [there] = this.published;
      if (request.method !== 'PUT')
        return answer(there === undefined ? 404 : 200, there ?? { error: 'none' });
      json(request).then(
        (body) => {
          this.published.push(body as Published);
          answer(201, { ok: true });
        },
        () => answer(400, { error: 'no JSON' }),
      );
    });
  }

  static async start(): Promise<Registry> {
    const registry = new Registry();
    await new Promise<void>((resolve) => registry.server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  /** Variables that make npm use it. */
  get variables(): Record<string, string> {
    const address = `127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
    return {
      npm_config_registry: `http://${address}`,
      [`npm_config_//${address}:_authToken`]: 'of-the-test',
    };
  }

  stop(): void {
    this.server.close();
  }
}
