import path from 'node:path';
import { startDatabase } from './database';
import type { DatabaseServer } from './database';
import { startKubernetes } from './kubernetes';
import type { KubernetesContext, KubernetesServers } from './kubernetes';
import { startMoto } from './moto';
import type { Database } from './releases';

/** The servers that the rest of a lab is built on, wherever they come from. */
export interface LabParts {
  database: DatabaseServer;
  kubernetes: KubernetesServers;
  /** The address of moto. */
  moto: string;
}

/** Starts the servers that the set-up has built or fetched, side by side; each waits for the certificates by itself. */
export function startBuiltParts(
  options: Omit<KubernetesContext, 'token'> & {
    database: Database;
    /** Told of each that is ready. */
    timed: <T>(name: string, work: Promise<T>) => Promise<T>;
  },
): [Promise<DatabaseServer>, Promise<KubernetesServers>, Promise<string>] {
  const { database, tools, processes, certificates, address, services, timed } = options;
  const context = (name: string): Parameters<typeof startDatabase>[1] => ({
    ...{ tools, processes, certificates, address },
    folder: path.join(options.folder, name),
  });
  const kubernetes = { ...context('kubernetes'), ...(services === undefined ? {} : { services }) };
  return [
    timed(database, startDatabase(database, context(database))),
    timed('kubernetes', startKubernetes(kubernetes)),
    timed('moto', startMoto(tools, processes)),
  ];
}
