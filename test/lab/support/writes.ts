import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../../lab';
import { tookEffect, writeRequests } from './secrets';

/** Statements that change nothing: logins, reads, and session settings of the connection itself. */
const harmless = /^(SELECT|SHOW|SET (SESSION|NAMES|sql_mode|@@SESSION)|USE)\b/i;

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
      .map((line) => /\bQuery\t(.*)$/.exec(line)?.[1]?.trim())
      .filter((query) => query !== undefined);
    return queries.filter((query) => !harmless.test(query) && !/^INSERT INTO `?log`?/i.test(query));
  }

  /** Requests that Secrets Manager refused wrote nothing. */
  private ofAws(): string[] {
    return writeRequests(this.lab, this.site, this.since.aws)
      .filter(tookEffect)
      .map(({ action, secretId }) => `${action} ${secretId}`);
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
    return ours
      .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
      .filter(
        ({ requestURI, objectRef }) =>
          !requestURI.includes('dryRun=All') && objectRef?.resource !== 'selfsubjectaccessreviews',
      )
      .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
  }
}

interface AuditEvent {
  verb: string;
  requestURI: string;
  user: { username: string };
  objectRef?: { namespace?: string; resource?: string };
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'latin1').split('\n');
}
