import { readFileSync } from 'node:fs';
import type { Lab, Site } from '..';
import { KubernetesClient } from '../kubernetes-client';
import type { KubernetesObject } from '../kubernetes-client';
import type { Screen } from './screen';

interface Login {
  username: string;
  password: string;
}

/** Who is who in a site, at one moment. The passwords are for comparing, never for showing. */
export interface World {
  active: string;
  logins: { A: Login; B: Login; admin: Login };
  sqlconfLogin: string;
  kubernetesLogin: string;
  pods: { name: string; ready: boolean }[];
}

interface Pod extends KubernetesObject {
  status?: { conditions?: { type: string; status: string }[] };
}

/** A client with all rights in the lab's Kubernetes. */
export function clientOf(lab: Lab): KubernetesClient {
  const text = readFileSync(lab.kubernetes.adminKubeconfig, 'utf8');
  const config = JSON.parse(text) as { users: { user: { token: string } }[] };
  return new KubernetesClient(lab.kubernetes.server, lab.database.caFile, config.users[0]?.user.token ?? '');
}

async function podsOf(lab: Lab, site: Site): Promise<World['pods']> {
  const client = clientOf(lab);
  try {
    const { items } = await client.get<{ items: Pod[] }>(`/api/v1/namespaces/${site.namespace}/pods`);
    return items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata, status }) => ({
        name: metadata.name,
        ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
      }));
  } finally {
    client.close();
  }
}

/** Reads a site, each part where it truly stands. */
export async function readWorld(lab: Lab, site: Site): Promise<World> {
  const [slots, admin, sqlconf, secret, pods] = await Promise.all([
    site.slotDocument(),
    site.adminDocument(),
    site.sqlconf(),
    site.kubernetesSecretData(),
    podsOf(lab, site),
  ]);
  return {
    active: String(slots['active_slot']),
    logins: { A: slots['A'] as Login, B: slots['B'] as Login, admin: admin as unknown as Login },
    sqlconfLogin: sqlconf.login,
    kubernetesLogin: secret['mysql-user'] ?? '',
    pods,
  };
}

/** Shows which account is where; with the world `before`, also what became of its pods. */
export function showWorld(screen: Screen, site: Site, world: World, before?: World): void {
  const { active, logins } = world;
  const account = (user: string): string => {
    const slot = (['A', 'B'] as const).find((each) => logins[each].username === user);
    return `${user} (${slot === undefined ? 'neither slot' : `slot ${slot}`})`;
  };
  screen.row('Slot secret', `${site.slotSecretId}: active_slot is ${active}`);
  screen.row('sqlconf.php', `logs in as ${account(world.sqlconfLogin)}`);
  screen.row('Kubernetes Secret', `${site.kubernetesSecret}: logs in as ${account(world.kubernetesLogin)}`);
  const ready = world.pods.filter((pod) => pod.ready).length;
  const kept = world.pods.filter(({ name }) => before?.pods.some((old) => old.name === name)).length;
  const since = before === undefined ? '' : `, ${kept === 0 ? 'all new' : `${kept} from before`}`;
  const names = world.pods.map(({ name }) => name).join(', ');
  screen.row('Pods', `${ready} of ${world.pods.length} ready${since}: ${names}`);
}

/** What became of each password, one line an account; asks the database whether the old ones still open it. */
export async function comparePasswords(site: Site, before: World, after: World): Promise<string[]> {
  return Promise.all(
    (['A', 'B', 'admin'] as const).map(async (name) => {
      const [old, current] = [before.logins[name], after.logins[name]];
      const title = `${name === 'admin' ? 'admin ' : `slot ${name}`} (${current.username})`.padEnd(18);
      const works = await site.canLogin(current.username, current.password);
      const now = works ? 'works' : 'DOES NOT WORK';
      if (old.password === current.password) return `${title} not changed; it ${now}`;
      const open = await site.canLogin(old.username, old.password);
      return `${title} changed; the new one ${now}, the old one ${open ? 'STILL WORKS' : 'is refused'}`;
    }),
  );
}
