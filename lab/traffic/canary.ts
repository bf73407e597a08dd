import { readFile } from 'node:fs/promises';
import { readLogin } from '../site/files';

/** How often to log in. */
export interface CanaryOptions {
  /** Default 100. */
  everyMs?: number;
}

/** What became of the logins. */
export interface CanaryResult {
  logins: number;
  failed: number;
  /** When, where the login was from, whose it was, and why it failed; never a password. */
  failures: string[];
}

/** Logins under way. */
export interface Canary {
  readonly result: CanaryResult;
  /** Ends after the login that is under way, and gives the counts. Idempotent. */
  stop(): Promise<CanaryResult>;
}

/** Where the canary finds what to log in with, and how it does. */
export interface CanarySources {
  sqlconfFile: string;
  kubernetesSecret(): Promise<Record<string, string>>;
  login(user: string, password: string): Promise<boolean>;
}

/** Logs in as sqlconf.php and as the Kubernetes Secret say, repeatedly: a pod may start at any time. */
export function startCanary(sources: CanarySources, { everyMs = 100 }: CanaryOptions): Canary {
  const result: CanaryResult = { logins: 0, failed: 0, failures: [] };
  const ended = new AbortController();
  const attempt = async (
    name: string,
    find: () => Promise<{ user: string; password: string } | undefined>,
  ): Promise<void> => {
    let user = '?';
    let reason: string | undefined;
    try {
      const login = await find();
      if (!login) reason = 'holds no login';
      else {
        user = login.user;
        if (!(await sources.login(login.user, login.password))) reason = 'the server refuses the login';
      }
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    result.logins++;
    if (reason === undefined) return;
    result.failed++;
    result.failures.push(`${new Date().toISOString()} ${name}, user ${user}: ${reason}`);
  };
  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const next = performance.now() + everyMs;
      await Promise.all([
        attempt('sqlconf.php', async () => readLogin(await readFile(sources.sqlconfFile, 'utf8'))),
        attempt('Kubernetes Secret', async () => {
          const data = await sources.kubernetesSecret();
          const [user, password] = [data['mysql-user'], data['mysql-password']];
          return user === undefined || password === undefined ? undefined : { user, password };
        }),
      ]);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    }
  };
  const running = run();
  return {
    result,
    async stop() {
      ended.abort();
      await running;
      return result;
    },
  };
}
