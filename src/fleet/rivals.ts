import path from 'node:path';

/** One thing that only one deployment of a fleet may name. */
interface Claim {
  /** The key that the fault is shown at. */
  key: string;
  /** What it is, for people. */
  what: string;
  /** The same text means the same thing; undefined when the entry does not say it. */
  of: (values: Values) => string | undefined;
  /** True when it is two things all the same. */
  differs?: (one: Values, other: Values) => boolean;
}

type Values = Record<string, string>;

const claims: Claim[] = [
  { key: 'name', what: 'name', of: ({ name }) => name },
  {
    key: 'slotSecretId',
    what: 'slot secret',
    of: (values) => secretIdentity(values, values['slotSecretId']),
    differs: ({ slotSecretId: one }, { slotSecretId: other }) =>
      accountOf(one) !== undefined && accountOf(other) !== undefined && accountOf(one) !== accountOf(other),
  },
  {
    key: 'deployment',
    what: 'namespace and Deployment',
    of: ({ kubeconfig, namespace, deployment }) => together(kubeconfig ?? '', namespace, deployment),
  },
  {
    key: 'kubernetesSecret',
    what: 'Kubernetes Secret',
    of: ({ kubeconfig, namespace, kubernetesSecret }) =>
      together(kubeconfig ?? '', namespace, kubernetesSecret),
  },
  {
    key: 'sitesRoot',
    what: 'sqlconf.php',
    of: ({ sitesRoot, site }) =>
      sitesRoot === undefined ? undefined : path.posix.join(sitesRoot, site ?? 'default'),
  },
  { key: 'metricsFile', what: 'metrics file', of: ({ metricsFile }) => metricsFile },
  { key: 'home', what: 'home', of: ({ home }) => home },
];

/** Deployments that name what an earlier one names: two rotations of one thing would undo each other. */
export function rivalsOf(entries: readonly RoughEntry[]): Fault[] {
  return claims.flatMap(({ key, what, of, differs }) => {
    const known = new Map<string, RoughEntry[]>();
    return entries.flatMap((entry): Fault[] => {
      const identity = of(entry.values);
      if (identity === undefined) return [];
      const earlier = known.get(identity) ?? [];
      known.set(identity, [...earlier, entry]);
      const rival = earlier.find(({ values }) => differs?.(values, entry.values) !== true);
      if (rival === undefined) return [];
      const text = `names the same ${what} as deployments[${rival.index}]`;
      return [{ path: ['deployments', entry.index, key], text }];
    });
  });
}

const arn = /^arn:[^:]*:secretsmanager:([^:]*):(\d*):secret:(.+?)(?:-[A-Za-z0-9]{6})?$/;

/**
 * A secret as AWS sees it: an ARN and a name of the same secret are one. An ARN ends with a dash and six characters
 * that the name does not have (docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen).
 * The account is left out, since a name does not say it.
 */
export function secretIdentity(
  { awsRegion, awsProfile }: Values,
  id: string | undefined,
): string | undefined {
  if (id === undefined) return undefined;
  const [, region, , name] = arn.exec(id) ?? [];
  return [awsProfile ?? '', region ?? awsRegion ?? '', name ?? id].join(' ');
}

function accountOf(id: string | undefined): string | undefined {
  return arn.exec(id ?? '')?.[2];
}

function together(...parts: (string | undefined)[]): string | undefined {
  return parts.includes(undefined) ? undefined : parts.join(' ');
}

/** A deployment as far as it can be read, for the faults that are not of the schema. */
export interface RoughEntry {
  index: number;
  /** Its own keys and those of the defaults, by the names in the file. */
  values: Record<string, string>;
}

/** One fault of a fleet file. */
export interface Fault {
  path: readonly PropertyKey[];
  /** What is wrong there, without the value: it may be a secret that does not belong there. */
  text: string;
}
