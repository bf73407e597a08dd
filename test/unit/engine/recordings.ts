import type { EngineEvent } from '@pulumi/pulumi/automation';

/** One event in short: what happened, with which operation or severity, to which resource, and its text. */
type Recorded =
  | ['begins' | 'ended' | 'failed', operation: string, name: string]
  | ['says', severity: string, name: string, message: string];

/**
 * Events of pulumi 3.250.0 for a program of dynamic resources with the names of a rotation; debug and warning
 * lines are left out.
 */
const recorded = {
  /** A first update whose health proof fails. */
  failedHealth: [
    ['begins', 'create', 'p-s'],
    ['begins', 'create', 'default'],
    ['ended', 'create', 'default'],
    ['begins', 'create', 'plan'],
    ['ended', 'create', 'plan'],
    ['begins', 'create', 'admin-credentials-20260301-020304-c0ffee'],
    ['ended', 'create', 'admin-credentials-20260301-020304-c0ffee'],
    ['begins', 'create', 'password-b-20260301-020304-c0ffee'],
    ['ended', 'create', 'password-b-20260301-020304-c0ffee'],
    ['begins', 'create', 'slots-flipped-20260301-020304-c0ffee'],
    ['ended', 'create', 'slots-flipped-20260301-020304-c0ffee'],
    ['begins', 'create', 'user-b'],
    ['ended', 'create', 'user-b'],
    ['begins', 'create', 'sqlconf'],
    ['ended', 'create', 'sqlconf'],
    ['begins', 'create', 'kubernetes-secret'],
    ['ended', 'create', 'kubernetes-secret'],
    ['begins', 'create', 'restart'],
    ['ended', 'create', 'restart'],
    ['begins', 'create', 'rollout-20260301-020304-c0ffee'],
    ['ended', 'create', 'rollout-20260301-020304-c0ffee'],
    ['begins', 'create', 'health-20260301-020304-c0ffee'],
    [
      'says',
      'error',
      'health-20260301-020304-c0ffee',
      '[outcome=timeout] The health page answers with HTTP 500.\n',
    ],
    ['failed', 'create', 'health-20260301-020304-c0ffee'],
    ['says', 'error', '', 'update failed\n'],
  ],
  /** The same rotation once more: the steps before are unchanged, the rest is made. */
  resumed: [
    ['begins', 'same', 'p-s'],
    ['begins', 'same', 'default'],
    ['ended', 'same', 'default'],
    ['begins', 'same', 'plan'],
    ['ended', 'same', 'plan'],
    ['begins', 'same', 'admin-credentials-20260301-020304-c0ffee'],
    ['ended', 'same', 'admin-credentials-20260301-020304-c0ffee'],
    ['begins', 'same', 'password-b-20260301-020304-c0ffee'],
    ['ended', 'same', 'password-b-20260301-020304-c0ffee'],
    ['begins', 'same', 'slots-flipped-20260301-020304-c0ffee'],
    ['ended', 'same', 'slots-flipped-20260301-020304-c0ffee'],
    ['begins', 'same', 'user-b'],
    ['ended', 'same', 'user-b'],
    ['begins', 'same', 'sqlconf'],
    ['ended', 'same', 'sqlconf'],
    ['begins', 'same', 'kubernetes-secret'],
    ['ended', 'same', 'kubernetes-secret'],
    ['begins', 'same', 'restart'],
    ['ended', 'same', 'restart'],
    ['begins', 'same', 'rollout-20260301-020304-c0ffee'],
    ['ended', 'same', 'rollout-20260301-020304-c0ffee'],
    ['begins', 'create', 'health-20260301-020304-c0ffee'],
    ['ended', 'create', 'health-20260301-020304-c0ffee'],
    ['begins', 'create', 'flip-20260301-020304-c0ffee'],
    ['ended', 'create', 'flip-20260301-020304-c0ffee'],
    ['begins', 'create', 'idle-20260301-020304-c0ffee'],
    ['ended', 'create', 'idle-20260301-020304-c0ffee'],
    ['begins', 'create', 'user-a'],
    ['ended', 'create', 'user-a'],
    ['begins', 'create', 'renewal-20260301-020304-c0ffee'],
    ['ended', 'create', 'renewal-20260301-020304-c0ffee'],
    ['begins', 'create', 'admin-password-20260301-020304-c0ffee'],
    ['ended', 'create', 'admin-password-20260301-020304-c0ffee'],
    ['ended', 'same', 'p-s'],
  ],
  /** The next rotation: the acts of the one before leave the state at the end. */
  second: [
    ['begins', 'same', 'p-s'],
    ['begins', 'same', 'default'],
    ['ended', 'same', 'default'],
    ['begins', 'update', 'plan'],
    ['ended', 'update', 'plan'],
    ['begins', 'create', 'admin-credentials-20260308-020304-bead42'],
    ['ended', 'create', 'admin-credentials-20260308-020304-bead42'],
    ['begins', 'create', 'password-b-20260308-020304-bead42'],
    ['ended', 'create', 'password-b-20260308-020304-bead42'],
    ['begins', 'create', 'slots-flipped-20260308-020304-bead42'],
    ['ended', 'create', 'slots-flipped-20260308-020304-bead42'],
    ['begins', 'same', 'user-b'],
    ['ended', 'same', 'user-b'],
    ['begins', 'update', 'sqlconf'],
    ['ended', 'update', 'sqlconf'],
    ['begins', 'update', 'kubernetes-secret'],
    ['ended', 'update', 'kubernetes-secret'],
    ['begins', 'update', 'restart'],
    ['ended', 'update', 'restart'],
    ['begins', 'create', 'rollout-20260308-020304-bead42'],
    ['ended', 'create', 'rollout-20260308-020304-bead42'],
    ['begins', 'create', 'health-20260308-020304-bead42'],
    ['ended', 'create', 'health-20260308-020304-bead42'],
    ['begins', 'create', 'flip-20260308-020304-bead42'],
    ['ended', 'create', 'flip-20260308-020304-bead42'],
    ['begins', 'create', 'idle-20260308-020304-bead42'],
    ['ended', 'create', 'idle-20260308-020304-bead42'],
    ['begins', 'update', 'user-a'],
    ['ended', 'update', 'user-a'],
    ['begins', 'create', 'renewal-20260308-020304-bead42'],
    ['ended', 'create', 'renewal-20260308-020304-bead42'],
    ['begins', 'create', 'admin-password-20260308-020304-bead42'],
    ['ended', 'create', 'admin-password-20260308-020304-bead42'],
    ['begins', 'delete', 'idle-20260301-020304-c0ffee'],
    ['ended', 'delete', 'idle-20260301-020304-c0ffee'],
    ['begins', 'delete', 'slots-flipped-20260301-020304-c0ffee'],
    ['begins', 'delete', 'flip-20260301-020304-c0ffee'],
    ['ended', 'delete', 'slots-flipped-20260301-020304-c0ffee'],
    ['ended', 'delete', 'flip-20260301-020304-c0ffee'],
    ['begins', 'delete', 'password-b-20260301-020304-c0ffee'],
    ['begins', 'delete', 'health-20260301-020304-c0ffee'],
    ['begins', 'delete', 'admin-password-20260301-020304-c0ffee'],
    ['ended', 'delete', 'password-b-20260301-020304-c0ffee'],
    ['ended', 'delete', 'admin-password-20260301-020304-c0ffee'],
    ['ended', 'delete', 'health-20260301-020304-c0ffee'],
    ['begins', 'delete', 'renewal-20260301-020304-c0ffee'],
    ['begins', 'delete', 'admin-credentials-20260301-020304-c0ffee'],
    ['begins', 'delete', 'rollout-20260301-020304-c0ffee'],
    ['ended', 'delete', 'renewal-20260301-020304-c0ffee'],
    ['ended', 'delete', 'rollout-20260301-020304-c0ffee'],
    ['ended', 'delete', 'admin-credentials-20260301-020304-c0ffee'],
    ['ended', 'same', 'p-s'],
  ],
  /** A finished rotation once more. */
  unchanged: [
    ['begins', 'same', 'p-s'],
    ['begins', 'same', 'default'],
    ['ended', 'same', 'default'],
    ['begins', 'same', 'plan'],
    ['ended', 'same', 'plan'],
    ['begins', 'same', 'admin-credentials-20260301-020304-c0ffee'],
    ['ended', 'same', 'admin-credentials-20260301-020304-c0ffee'],
    ['begins', 'same', 'password-b-20260301-020304-c0ffee'],
    ['ended', 'same', 'password-b-20260301-020304-c0ffee'],
    ['begins', 'same', 'slots-flipped-20260301-020304-c0ffee'],
    ['ended', 'same', 'slots-flipped-20260301-020304-c0ffee'],
    ['begins', 'same', 'user-b'],
    ['ended', 'same', 'user-b'],
    ['begins', 'same', 'sqlconf'],
    ['ended', 'same', 'sqlconf'],
    ['begins', 'same', 'kubernetes-secret'],
    ['ended', 'same', 'kubernetes-secret'],
    ['begins', 'same', 'restart'],
    ['ended', 'same', 'restart'],
    ['begins', 'same', 'rollout-20260301-020304-c0ffee'],
    ['ended', 'same', 'rollout-20260301-020304-c0ffee'],
    ['begins', 'same', 'health-20260301-020304-c0ffee'],
    ['ended', 'same', 'health-20260301-020304-c0ffee'],
    ['begins', 'same', 'flip-20260301-020304-c0ffee'],
    ['ended', 'same', 'flip-20260301-020304-c0ffee'],
    ['begins', 'same', 'idle-20260301-020304-c0ffee'],
    ['ended', 'same', 'idle-20260301-020304-c0ffee'],
    ['begins', 'same', 'user-a'],
    ['ended', 'same', 'user-a'],
    ['begins', 'same', 'renewal-20260301-020304-c0ffee'],
    ['ended', 'same', 'renewal-20260301-020304-c0ffee'],
    ['begins', 'same', 'admin-password-20260301-020304-c0ffee'],
    ['ended', 'same', 'admin-password-20260301-020304-c0ffee'],
    ['ended', 'same', 'p-s'],
  ],
  /** An update that ends while a resource is compared, before anything of its step begins. */
  failedDiff: [
    ['begins', 'same', 'p-s'],
    ['begins', 'same', 'default'],
    ['ended', 'same', 'default'],
    ['begins', 'update', 'plan'],
    ['ended', 'update', 'plan'],
    ['begins', 'create', 'admin-credentials-20260308-020304-bead42'],
    ['ended', 'create', 'admin-credentials-20260308-020304-bead42'],
    ['begins', 'create', 'password-b-20260308-020304-bead42'],
    ['ended', 'create', 'password-b-20260308-020304-bead42'],
    ['begins', 'create', 'slots-flipped-20260308-020304-bead42'],
    ['ended', 'create', 'slots-flipped-20260308-020304-bead42'],
    ['begins', 'same', 'user-b'],
    ['ended', 'same', 'user-b'],
    [
      'says',
      'info#err',
      '',
      'Error: [outcome=permission] The database refuses the admin login.: Error: [outcome=permission] The database refuses the admin login.\n\n',
    ],
    ['says', 'error', 'sqlconf', '[outcome=permission] The database refuses the admin login.\n'],
  ],
} satisfies Record<string, Recorded[]>;

/** The names of the recordings. */
export type RecordingName = keyof typeof recorded;

/** The engine's events of a recording, with the fields that a tracker reads. */
export function recording(name: RecordingName): EngineEvent[] {
  return (recorded[name] as Recorded[]).map((event) => {
    const urn =
      event[2] === ''
        ? undefined
        : `urn:pulumi:prod::openemr-credential-rotation::any:index:Type::${event[2]}`;
    return eventOf(event, urn) as unknown as EngineEvent;
  });
}

function eventOf([what, detail, , message]: Recorded, urn: string | undefined): object {
  const metadata = { op: detail, urn };
  if (what === 'begins') return { resourcePreEvent: { metadata } };
  if (what === 'ended') return { resOutputsEvent: { metadata } };
  if (what === 'failed') return { resOpFailedEvent: { metadata, status: 0, steps: 0 } };
  return {
    diagnosticEvent: { severity: detail, message, color: 'never', ...(urn === undefined ? {} : { urn }) },
  };
}
