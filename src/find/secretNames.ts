import type { Seen } from './seen';

/** A secret as Secrets Manager lists it. */
export interface ListedSecret {
  name: string;
  arn: string;
  /** The service that owns it, e.g. RDS. */
  owner?: string;
}

/** The secrets that may be the slot secret, and those that may be the admin's; by their names alone. */
export function secretsByName(listed: readonly ListedSecret[]): { slots: Seen[]; admins: Seen[] } {
  // RDS rotates its own; a rotation refuses them.
  const own = listed.filter(({ owner }) => owner === undefined);
  const slots = preferred(own.filter(({ name }) => /(^|[^a-z])slots?([^a-z]|$)/i.test(name)));
  const admins = preferred(own.filter(({ name }) => /admin|master/i.test(name) && !/slot/i.test(name)));
  const [only, ...more] = slots;
  const beside =
    only === undefined || more.length > 0
      ? []
      : admins.filter(({ name }) => name.startsWith(only.name.replace(/slots?.*$/i, '')));
  return { slots: slots.map(seen), admins: (beside.length > 0 ? beside : admins).map(seen) };
}

/** Those that name OpenEMR, where some do. */
function preferred(secrets: readonly ListedSecret[]): ListedSecret[] {
  const named = secrets.filter(({ name }) => /openemr/i.test(name));
  return named.length > 0 ? named : [...secrets];
}

function seen({ name, arn }: ListedSecret): Seen {
  return { value: arn, from: `Secrets Manager, by its name ${name}` };
}
