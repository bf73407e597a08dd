import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../../lab';
import { tookEffect, writeRequests } from './secrets';

/** Statements that may change nothing: reads, and settings of the connection itself. */
const maybeHarmless = /^(SELECT|SHOW|EXPLAIN|DO|SET (SESSION|NAMES|ROLE|sql_mode|@@SESSION)|USE)\b/i;
/** What makes one of them a write: a file, a sequence, a stored function, which has a schema. */
const effects =
  /\bINTO\s+(OUTFILE|DUMPFILE)\b|\b(NEXTVAL|SETVAL)\s*\(|\bNEXT\s+VALUE\s+FOR\b|[\w`]\s*\.\s*[\w`]+\s*\(/i;
/** A setting of the whole server, in any place of a SET. */
const globalSetting = /^SET\b.*\b(GLOBAL|PERSIST|PERSIST_ONLY)\b/i;
/** What `DO` can do without changing anything but the session's own locks. */
const lockCall = /^DO\s+(RELEASE_LOCK|RELEASE_ALL_LOCKS|GET_LOCK|SLEEP)\s*\([^()]*\)\s*;?$/i;

/** Whether a statement changes anything outside its own session: a named lock (GET_LOCK) is the session's. */
export function isWrite(statement: string): boolean {
  if (!maybeHarmless.test(statement)) return true;
  // What stands between quotes is no function.
  const bare = statement.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''");
  return effects.test(bare) || globalSetting.test(bare) || (/^DO\b/i.test(bare) && !lockCall.test(bare));
}

/** Whether a request to the API server persisted something: neither refused ones, nor dry runs, nor questions about rights. */
export function persists({ verb, requestURI, responseStatus }: AuditEvent): boolean {
  if (['get', 'list', 'watch'].includes(verb) || (responseStatus?.code ?? 0) >= 400) return false;
  const { pathname, searchParams } = new URL(requestURI, 'https://lab');
  const isQuestion = /^\/apis\/auth(orization|entication)\.k8s\.io\//.test(pathname);
  return !isQuestion && !searchParams.getAll('dryRun').includes('All');
}

/** Finds what a run wrote to the database, to AWS and to Kubernetes, by their own logs. */
export class Writes {
  private readonly since: { database: number; audit: number; aws: number };

  /** Counts from now on. */
  constructor(
    private readonly lab: Lab,
    private readonly site: Site,
  ) {
    this.since = {
      database: linesOf(lab.database.generalLogFile).length,
      audit: linesOf(lab.kubernetes.auditLogFile).length,
      aws: lab.aws.requests().length,
    };
  }

  /**
   * Every write, one text each; empty when nothing was written.
   * @param readsKubernetes false for a run that ends before it asks the API server anything
   */
  async found({ readsKubernetes = true } = {}): Promise<string[]> {
    await this.lab.aws.settled();
    return [...this.ofDatabase(), ...this.ofAws(), ...this.ofKubernetes(readsKubernetes)];
  }

  /** The pods of the lab write too: their inserts do not count. */
  private ofDatabase(): string[] {
    const queries = linesOf(this.lab.database.generalLogFile)
      .slice(this.since.database)
      // A prepared statement is written down when it is carried out, too.
      .map((line) => /\b(?:Query|Execute)\t(.*)$/.exec(line)?.[1]?.trim())
      .filter((query) => query !== undefined);
    return queries.filter((query) => isWrite(query) && !/^INSERT INTO `?log`?/i.test(query));
  }

  /** Requests that AWS refused wrote nothing. */
  private ofAws(): string[] {
    const secrets = writeRequests(this.lab, this.site, this.since.aws)
      .filter(tookEffect)
      .map(({ action, secretId }) => `${action} ${secretId}`);
    const bucket = /^s3:\/\/([^?/]+)/.exec(this.site.environment['PULUMI_BACKEND_URL'] ?? '')?.[1];
    const state = this.lab.aws
      .requests()
      .slice(this.since.aws)
      .filter(({ write, path }) => write && bucket !== undefined && path.startsWith(`/${bucket}/`))
      .filter(tookEffect)
      .map(({ action, path }) => `${action} ${path}`);
    return [...secrets, ...state];
  }

  /** Requests of the rotation's own user that persist something: neither reads, nor dry runs, nor access reviews. */
  private ofKubernetes(reads: boolean): string[] {
    const events = linesOf(this.lab.kubernetes.auditLogFile)
      .slice(this.since.audit)
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as AuditEvent);
    const ours = events.filter(({ user }) =>
      user.username.startsWith(`system:serviceaccount:${this.site.namespace}:`),
    );
    if (reads) expect(ours, 'the rotation reads Kubernetes as itself').not.to.deep.equal([]);
    return ours.filter(persists).map(({ verb, requestURI }) => `${verb} ${requestURI}`);
  }
}

/** A line of the API server's audit log. */
export interface AuditEvent {
  verb: string;
  requestURI: string;
  user: { username: string };
  responseStatus?: { code?: number };
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'latin1').split('\n');
}
