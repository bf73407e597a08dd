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

/** Names of the resources that carry out the steps. Acts end in the id of their rotation, things do not. */
export const resourceNames = {
  plan: () => 'plan',
  adminCheck: (id: string) => `admin-credentials-${id}`,
  password: (slot: string, id: string) => `password-${slot.toLowerCase()}-${id}`,
  flipVersion: (id: string) => `slots-flipped-${id}`,
  renewalVersion: (id: string) => `slots-renewed-${id}`,
  user: (slot: string) => `user-${slot.toLowerCase()}`,
  sqlconf: () => 'sqlconf',
  kubernetesSecret: () => 'kubernetes-secret',
  restart: () => 'restart',
  rollout: (id: string) => `rollout-${id}`,
  health: (id: string) => `health-${id}`,
  flip: (id: string) => `flip-${id}`,
  idle: (id: string) => `idle-${id}`,
  renewal: (id: string) => `renewal-${id}`,
  adminPassword: (id: string) => `admin-password-${id}`,
};
