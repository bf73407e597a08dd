import { readFile } from 'node:fs/promises';
import { readLogin } from '../site/files';

/** How often to log in. */
export interface CanaryOptions {
  /** Default 200. A login costs some 6 ms of a core, half of it the server's. */
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

/** A login, as sqlconf.php or the Kubernetes Secret holds it. */
interface FoundLogin {
  user: string;
  password: string;
}

/** Where the canary finds what to log in with, and how it does. */
export interface CanarySources {
  sqlconfFile: string;
  /** Follows the Secret until `signal` aborts; gives what tells what it holds now. */
  kubernetesSecret(signal: AbortSignal): () => Promise<Record<string, string>>;
  login(user: string, password: string): Promise<boolean>;
}

/**
 * Logs in as sqlconf.php and as the Kubernetes Secret say, repeatedly: a pod may start at any time. While both say the same,
 * one login stands for both.
 */
export function startCanary(sources: CanarySources, { everyMs = 200 }: CanaryOptions): Canary {
  const result: CanaryResult = { logins: 0, failed: 0, failures: [] };
  const ended = new AbortController();
  const places = placesOf(sources, ended.signal);
  const fail = (place: string, user: string, reason: string): void => {
    result.failed++;
    result.failures.push(`${new Date().toISOString()} ${place}, user ${user}: ${reason}`);
  };
  const round = async (): Promise<void> => {
    const attempts = new Map<string, FoundLogin & { place: string }>();
    for (const { place, find } of places) {
      const found = await find().catch(messageOf);
      if (typeof found === 'string') {
        result.logins++;
        fail(place, '?', found);
        continue;
      }
      const key = JSON.stringify([found.user, found.password]);
      const also = attempts.get(key);
      attempts.set(key, { ...found, place: also === undefined ? place : `${also.place} and ${place}` });
    }
    await Promise.all(
      [...attempts.values()].map(async ({ place, user, password }) => {
        const letIn = await sources.login(user, password).catch(messageOf);
        result.logins++;
        if (letIn !== true) fail(place, user, letIn === false ? 'the server refuses the login' : letIn);
      }),
    );
  };
  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const next = performance.now() + everyMs;
      await round();
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

/** The two places of a login; a reason in words where one holds none. */
function placesOf(
  sources: CanarySources,
  signal: AbortSignal,
): { place: string; find: () => Promise<FoundLogin | string> }[] {
  const secret = sources.kubernetesSecret(signal);
  return [
    {
      place: 'sqlconf.php',
      find: async () => readLogin(await readFile(sources.sqlconfFile, 'utf8')) ?? 'holds no login',
    },
    {
      place: 'Kubernetes Secret',
      find: async () => {
        const { 'mysql-user': user, 'mysql-password': password } = await secret();
        return user === undefined || password === undefined ? 'holds no login' : { user, password };
      },
    },
  ];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
