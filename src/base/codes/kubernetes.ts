import {
  changed,
  configuration,
  ill,
  locked,
  permission,
  refused,
  stopped,
  unexpected,
  unreachable,
} from './cause';
import type { CodeFacts } from './cause';

/** Of the Kubernetes API server, OpenEMR's Deployment and Secret, and this tool's own Jobs. */
export const kubernetesCodes = {
  'kubeconfig-invalid': configuration(
    'The kubeconfig cannot be read, or names no such context.',
    'Set `KUBECONFIG` to a valid file, or unset it in a pod.',
  ),
  'kubernetes-unreachable': unreachable(
    'The API server does not answer.',
    'Check the kubeconfig and the network; run again.',
  ),
  'kubernetes-login-refused': permission(
    'The API server does not accept this identity.',
    "Renew the kubeconfig's credentials.",
  ),
  'kubernetes-permission-missing': permission(
    'RBAC does not allow a request.',
    'Add it to the Role that the message names.',
  ),
  'kubernetes-object-missing': configuration(
    'The Deployment, Secret or CronJob does not exist.',
    'Correct its name or namespace.',
  ),
  'kubernetes-object-ambiguous': configuration(
    'More than one object fits, or one of another kind does.',
    'Name it as the message says.',
  ),
  'kubernetes-request-refused': configuration(
    'The API server does not take an object.',
    'See that it is as `infra/` makes it.',
  ),
  'patch-forbidden': permission(
    'A policy or an admission webhook would refuse a patch of this run.',
    'Let that rule allow it.',
  ),
  'patch-refused': refused(
    'A webhook gives no answer, or the API server is at odds with itself.',
    'Repair what the message names.',
  ),
  'secret-immutable': configuration(
    'The Kubernetes Secret is immutable.',
    'Replace it by one that can be changed.',
  ),
  'secret-owned-by-others': configuration(
    'Another controller writes the Kubernetes Secret.',
    'End one of the two, as the message says.',
  ),
  'kubernetes-secret-changed-meanwhile': changed(
    'The Kubernetes Secret was changed by somebody else during the rotation.',
    'Find out who writes it, end that, run again.',
  ),
  'deployment-unsuited': configuration(
    'The Deployment cannot be restarted so that the new login reaches every pod.',
    'Correct what the message names.',
  ),
  'deployment-not-ready': ill('The Deployment is not healthy before the restart.', 'Make it healthy first.'),
  'downtime-not-accepted': configuration(
    'A restart would leave OpenEMR without a pod for a while.',
    'Set RollingUpdate with maxSurge 1, or give `--accept-downtime`.',
  ),
  'quota-exceeded': ill('A ResourceQuota has no room for the new pods.', 'Raise it, and run again.'),
  'rollout-limit-short': configuration(
    'The rollout takes longer than its limit allows.',
    'Raise the limit that the message names.',
  ),
  'rollout-timeout': ill(
    'The Deployment did not roll out in time.',
    'Look at its newest pods and their events.',
  ),
  'restart-undone': changed(
    "Somebody took this run's restart out of the Deployment, each time.",
    'Find out who changes the pod template, end that, run again.',
  ),
  'job-running': locked(
    'A Job of this CronJob runs already.',
    'Wait for its end; `job logs` follows it. If it hangs: `job run -- unlock --yes`; if the Job goes on, delete it.',
  ),
  'job-not-started': ill('The Job or its pod never started; nothing was begun.', 'Do what the message says.'),
  'job-ended-outside': stopped('The pod of the Job was ended from outside.', 'Run it again; it finishes.'),
  'job-watch-lost': stopped(
    'The API server stopped answering while a Job was watched; the Job goes on.',
    '`job logs` follows it again.',
  ),
  'job-exit-unknown': unexpected(
    "The Job ended with an exit code that is not one of this command's.",
    'See that its image and arguments are right.',
  ),
} as const satisfies Record<string, CodeFacts>;
