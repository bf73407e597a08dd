/** The eleven steps; their numbers are a public contract (messages, logs, runbook). */
export const stepTitles = {
  1: 'determine the active slot',
  2: 'select the standby',
  3: 'validate the admin credentials',
  4: 'sync the database users to the slot secret',
  5: 'write sqlconf.php',
  6: 'patch the Kubernetes Secret',
  7: 'restart the Deployment',
  8: 'validate database and application health',
  9: 'flip active_slot in Secrets Manager',
  10: "renew the old slot's password",
  11: 'rotate the admin password',
} as const;

/** The number of a step. */
export type StepNumber = keyof typeof stepTitles;

/** All step numbers in order. */
export const stepNumbers = Object.keys(stepTitles).map(Number) as StepNumber[];

/** The step in which OpenEMR moves: PHP reads `sqlconf.php` on each request. */
export const cutOverStep = 5 satisfies StepNumber;

/** The steps that move OpenEMR and prove that it works there. */
export const switchPhase = { first: cutOverStep, last: 8 } as const satisfies Phase;

/** The first step after the proof. From it on nothing is undone: the password of the slot that was left may be another one. */
export const retireStep = 9 satisfies StepNumber;

/** The step that renews the password of the slot that was left. */
export const renewalStep = 10 satisfies StepNumber;

/** Whether a resource of step 10 is its last: from then on the slot secret has the password that the database has. */
export function isRenewalAct(name: string): boolean {
  return name.startsWith('renewal-');
}

/** A stretch of steps. */
export interface Phase {
  first: StepNumber;
  last: StepNumber;
}

/** True for a step of the switch. */
export function isSwitchStep(step: number): boolean {
  return step >= switchPhase.first && step <= switchPhase.last;
}

/** What is made again because the database refused a password has a name of its own: else the state has it done. */
const nth = (again: number): string => (again === 0 ? '' : `${again + 1}-`);

/** Names of the resources that carry out the steps. Acts end in the id of their rotation, things do not. */
export const resourceNames = {
  plan: () => 'plan',
  adminCheck: (id: string) => `admin-credentials-${id}`,
  password: (slot: string, id: string, again = 0) => `password-${slot.toLowerCase()}-${nth(again)}${id}`,
  flipVersion: (id: string, again = 0) => `slots-flipped-${nth(again)}${id}`,
  renewalVersion: (id: string, again = 0) => `slots-renewed-${nth(again)}${id}`,
  user: (slot: string) => `user-${slot.toLowerCase()}`,
  canary: (id: string) => `canary-${id}`,
  sqlconf: () => 'sqlconf',
  kubernetesSecret: () => 'kubernetes-secret',
  restart: () => 'restart',
  rollout: (id: string) => `rollout-${id}`,
  health: (id: string) => `health-${id}`,
  flip: (id: string, again = 0) => `flip-${nth(again)}${id}`,
  idle: (id: string) => `idle-${id}`,
  renewal: (id: string, again = 0) => `renewal-${nth(again)}${id}`,
  adminPassword: (id: string) => `admin-password-${id}`,
};

/** First parts of resource names, by step; a slot's user belongs to step 4 or 10 by where it stands. */
const stepOfPrefix: [RegExp, StepNumber][] = [
  [/^plan$/, 2],
  [/^admin-credentials-/, 3],
  [/^(password-|slots-|canary-)/, 4],
  [/^sqlconf$/, cutOverStep],
  [/^kubernetes-secret$/, 6],
  [/^(restart$|rollout-)/, 7],
  [/^health-/, 8],
  [/^flip-/, retireStep],
  [/^(idle-|renewal-)/, 10],
  [/^admin-password-/, 11],
];

/**
 * The step of a resource's name, or undefined for the stack and providers.
 * @param renewsSlot the slot whose user is changed in step 10, in lower case
 */
export function stepOfResource(name: string, renewsSlot: string | undefined): StepNumber | undefined {
  if (name.startsWith('user-')) return name === `user-${renewsSlot ?? ''}` ? 10 : 4;
  return stepOfPrefix.find(([prefix]) => prefix.test(name))?.[1];
}
