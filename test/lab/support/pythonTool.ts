import { randomInt } from 'node:crypto';
import { chmodSync, chownSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Lab, Site } from '../../../lab';
import type { Slot } from '../../../src/rotation/slot';
import { otherSlot } from '../../../src/rotation/slot';
import { Cluster } from './cluster';
import { putSecret } from './secrets';
import type { SlotEntry } from './world';
import { letPass, until } from './until';

/** What the Python tool writes in one rotation, in its order. Killed, it has written the first of them. */
export const pythonWrites = [
  'temporary file',
  'sqlconf.php',
  'Kubernetes Secret',
  'restart',
  'active_slot',
  'ALTER old slot',
  'store old slot',
  'ALTER admin',
  'store admin',
] as const;

/** One of its writes. */
export type PythonWrite = (typeof pythonWrites)[number];

/** A slot in its secret, all of it. */
type Login = SlotEntry & { host: string; port: string; dbname: string };

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** As its passwords are: 30 letters and digits. */
export function pythonPassword(): string {
  return Array.from({ length: 30 }, () => letters[randomInt(letters.length)]).join('');
}

/**
 * What the Python tool (openemr/openemr-on-eks, tools/credential-rotation) leaves in the world, write by write; told
 * from its sources, of which nothing is here. It keeps no state of its own, it stores a password after the database
 * has learned it, and its own repair of a killed run (`reconcile`) leaves the Kubernetes Secret as it is.
 */
export class PythonTool {
  private readonly cluster: Cluster;
  /** Every password that it made. */
  readonly passwords: string[] = [];

  constructor(
    private readonly lab: Lab,
    private readonly site: Site,
  ) {
    this.cluster = new Cluster(lab, site);
  }

  close(): void {
    this.cluster.close();
  }

  /** A rotation to the standby slot, killed after this write; the last one is its end. */
  async rotate(until: PythonWrite): Promise<void> {
    const document = await this.site.slotDocument();
    const from = document['active_slot'] as Slot;
    const to = document[otherSlot(from)] as Login;
    const writes: Record<PythonWrite, () => Promise<void>> = {
      'temporary file': async () => this.writeTemporary(to),
      'sqlconf.php': async () => this.renameTemporary(),
      'Kubernetes Secret': () => this.patchSecret(to),
      restart: () => this.restart(),
      active_slot: async () => {
        await this.rolledOut();
        await this.store({ ...document, active_slot: otherSlot(from) });
      },
      ...this.renewal(from),
    };
    for (const write of pythonWrites) {
      await writes[write]();
      if (write === until) return;
    }
  }

  /** Its own repair, when it finds the file on the slot that the secret calls standby; the Secret stays. */
  async reconcile(until: 'active_slot' | 'ALTER old slot' | 'store admin'): Promise<void> {
    // A run of its own, some time later.
    await this.rolledOut();
    const document = await this.site.slotDocument();
    const stale = document['active_slot'] as Slot;
    await this.store({ ...document, active_slot: otherSlot(stale) });
    const renewal = this.renewal(stale);
    for (const write of ['ALTER old slot', 'store old slot', 'ALTER admin', 'store admin'] as const) {
      if (until === 'active_slot') return;
      await renewal[write]();
      if (write === until) return;
    }
  }

  /** The beginning of its way back: the old file, and the Secret not yet. */
  async restoreFile(): Promise<void> {
    const document = await this.site.slotDocument();
    this.writeTemporary(document[document['active_slot'] as Slot] as Login);
    this.renameTemporary();
  }

  /** The users of both slots, as it makes them: with a password that the secret gets afterwards, or never. */
  async makeUsers(logins: Login[]): Promise<void> {
    for (const { username, password, dbname } of logins) {
      this.passwords.push(password);
      await this.lab.database.root("CREATE USER IF NOT EXISTS ?@'%' IDENTIFIED BY ? REQUIRE SSL", [
        username,
        password,
      ]);
      await this.lab.database.root("ALTER USER ?@'%' IDENTIFIED BY ? REQUIRE SSL", [username, password]);
      await this.lab.database.root(`GRANT ALL PRIVILEGES ON \`${dbname}\`.* TO ?@'%'`, [username]);
    }
  }

  /** A document as it stores it: compact, in place of all labels but its own. */
  async store(document: Record<string, unknown>): Promise<void> {
    await putSecret(this.site, this.site.slotSecretId, JSON.stringify(document));
  }

  private renewal(
    slot: Slot,
  ): Record<'ALTER old slot' | 'store old slot' | 'ALTER admin' | 'store admin', () => Promise<void>> {
    const [slotPassword, adminPassword] = [pythonPassword(), pythonPassword()];
    return {
      'ALTER old slot': async () => {
        const document = await this.site.slotDocument();
        await this.makeUsers([{ ...(document[slot] as Login), password: slotPassword }]);
      },
      'store old slot': async () => {
        const document = await this.site.slotDocument();
        const entry = { ...(document[slot] as Login), password: slotPassword };
        await this.store({ ...document, [slot]: entry });
      },
      'ALTER admin': () => this.alterAdmin(adminPassword),
      'store admin': async () => {
        const admin = { ...(await this.site.adminDocument()), password: adminPassword };
        await putSecret(this.site, this.site.adminSecretId, JSON.stringify(admin));
      },
    };
  }

  /** Sets the admin's password in the database: the tool before it stores it, or a person in the console of RDS. */
  async alterAdmin(password: string): Promise<void> {
    this.passwords.push(password);
    await this.lab.database.root("ALTER USER ?@'%' IDENTIFIED BY ?", [this.site.users.admin, password]);
  }

  /** The file beside, by a name of Python's tempfile; OpenEMR's user of Alpine's Apache owns it. */
  private writeTemporary({ host, port, username, password, dbname }: Login): void {
    const values: Record<string, string> = { host, port, login: username, pass: password, dbase: dbname };
    const text = Object.entries(values).reduce(
      (content, [name, value]) =>
        content.replace(new RegExp(`^(\\$${name}\\s*=\\s*['"])[^'"]+(['"]\\s*;)`, 'm'), `$1${value}$2`),
      readFileSync(this.site.sqlconfFile, 'utf8'),
    );
    writeFileSync(this.temporary, text);
    for (const each of [this.temporary, path.dirname(this.temporary)]) chownSync(each, 1000, 101);
    chmodSync(this.temporary, 0o644);
  }

  /** The file that it is killed beside. */
  get temporary(): string {
    return path.join(path.dirname(this.site.sqlconfFile), '.sqlconf.php.k3_x9ab2');
  }

  private renameTemporary(): void {
    renameSync(this.temporary, this.site.sqlconfFile);
  }

  private patchSecret({ host, username, password, dbname }: Login): Promise<void> {
    const values = {
      'mysql-host': host,
      'mysql-user': username,
      'mysql-password': password,
      'mysql-database': dbname,
    };
    return this.cluster.setSecret(values, 'OpenAPI-Generator');
  }

  /** Waits, as it does, until all pods are new. */
  private async rolledOut(): Promise<void> {
    const isNew = async (): Promise<boolean> => {
      const { metadata, spec, status } = await this.cluster.deployment();
      const counts = ['replicas', 'updatedReplicas', 'availableReplicas'].map((name) => status[name]);
      const observed = status['observedGeneration'] === metadata.generation;
      return observed && counts.every((count) => count === spec.replicas);
    };
    await until('all pods are new', isNew, { limitMs: 120_000, everyMs: 200 });
    await letPass(3000, "PHP's opcode cache looks at the file only every 2 s (opcache.revalidate_freq)");
  }

  /** Its time has no fraction of a second. Killed here, the restart is under way. */
  private restart(): Promise<void> {
    const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const annotations = { 'credential-rotation/restartedAt': time };
    return this.cluster.patchDeployment({ spec: { template: { metadata: { annotations } } } });
  }
}
