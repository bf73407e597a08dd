import { createHash } from 'node:crypto';

/**
 * What a rotation does about its canary, one pod on the new login before the switch: `auto` goes on where it cannot be
 * made or proves nothing, `require` does not.
 */
export const canaryModes = ['auto', 'require', 'off'] as const;

/** A mode of {@link canaryModes}. */
export type CanaryMode = (typeof canaryModes)[number];

/** Default of the canary's limit, in seconds, for what an older version stored without one. */
export const defaultCanaryLimitSeconds = 300;

/** Names of what a canary makes in the namespace. */
export interface CanaryNames {
  /** The pod on the new login. */
  pod: string;
  /** The pod on the login in use, with which it is compared. */
  control: string;
  /** The Secret that stands for OpenEMR's own in the pod. */
  secret: string;
}

/**
 * The names for a Deployment: always the same, so that RBAC can name them and the next run finds what is left. A pod's
 * host name has 63 characters at most (kubernetes.io/docs/concepts/overview/working-with-objects/names).
 */
export function canaryNames(deployment: string): CanaryNames {
  const pod = shortened(`credential-rotation-canary-${deployment}`);
  return { pod, control: shortened(`credential-rotation-control-${deployment}`), secret: pod };
}

function shortened(name: string): string {
  if (name.length <= 63) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, 54).replace(/[-.]+$/, '')}-${hash}`;
}
