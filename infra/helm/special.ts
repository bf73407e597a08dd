import { canaryNames, defaultCanaryLimitSeconds } from '../../src/rotation/canary';
import { activeDeadlineSeconds, gracePeriodSeconds, longestRun, waitsOfStop } from '../kubernetes/deadlines';
import type { LimitSum } from '../kubernetes/deadlines';
import type { Limits } from '../kubernetes/settings';
import { lateDays } from '../monitoring/objects';
import type { Loop } from './node';
import type { Special } from './symbols';
import type { Tokens } from './tokens';

/** The name of a template of _helpers.tpl. */
export const helper = (name: string): string => `include "credential-rotation.${name}"`;

/** An age that is read as days, and a URL whose port is read. */
const [ageDays, urlPort] = [97_531, 61_234];

const replacedBy =
  (expression: string): Special =>
  ({ tokens }, { path }) => {
    const text = tokens.text(path, expression);
    return () => text;
  };

/** There whenever it is looked at, although it may be left out. */
const always: Special = ({ tokens }, { path, expression, loop }) => {
  const text = tokens.text(path, expression, loop);
  return () => text;
};

/** A number that is treated apart. */
const apart =
  (number: number): Special =>
  (make, { expression }) => {
    const on = make.switchOf(`eq (int64 ${expression}) ${number}`);
    const other = make.tokens.number(`(int64 ${expression})`);
    return (isOn) => (isOn(on) ? number : other);
  };

/** The inputs that functions of infra/ compute with, by path. */
export const specialInputs: Readonly<Record<string, Special>> = {
  namespace: replacedBy(`(${helper('namespace')} $)`),
  'kubernetes.schedule': replacedBy(`(${helper('schedule')} $)`),
  'kubernetes.user.uid': apart(0),
  'kubernetes.network.apiServerPort': apart(443),
  'kubernetes.ifOlderThan': ({ tokens }, { expression }) => {
    tokens.add({ text: `${ageDays}d`, expression });
    tokens.add({ text: String(ageDays + lateDays), expression: `(${helper('rotationDays')} $)` });
    return () => `${ageDays}d`;
  },
  // An access point has a file system, and what has no range of addresses has a namespace: rules of the inputs.
  'sites.fileSystem': always,
  'kubernetes.network.more.item.namespace': always,
  'kubernetes.healthUrl': (make, { expression }) => {
    const { tokens } = make;
    const on = make.switchOf(expression);
    const text = `https://health-page.invalid:${urlPort}/`;
    tokens.add({ text, expression });
    tokens.add({ text: String(urlPort), expression: `(${helper('healthPort')} $)` });
    return (isOn) => (isOn(on) ? text : undefined);
  },
  'kubernetes.placement.tolerations.item': ({ tokens }, { expression, loop }) => {
    const text = '‹toleration›';
    tokens.add({ text, expression, loop, whole: true });
    return () => ({ key: text });
  },
};

/** What is computed from inputs that are only symbols: found again in the objects by its value. */
export function addComputed(tokens: Tokens, limits: Limits, deployment: string): void {
  // A canary has one limit, where there is one.
  const canary = `(ternary ${defaultCanaryLimitSeconds} 0 $.Values.kubernetes.optionalRights.canary)`;
  for (const canarySeconds of [undefined, defaultCanaryLimitSeconds])
    addDeadlines(tokens, { ...limits, canarySeconds }, canary);
  addCanaryNames(tokens, deployment, '$.Values.kubernetes.deployment');
}

/**
 * The deadlines that follow from these limits.
 * @param canary what gives the canary's limit in a template
 */
export function addDeadlines(tokens: Tokens, limits: Limits, canary: string): void {
  const read = (name: keyof Limits): string => tokens.in(String(limits[name]))[0]?.expression ?? '';
  const sum = ({ seconds, ...times }: LimitSum): string => {
    const parts = (Object.keys(times) as (keyof Limits)[]).map(
      (name) => `(mul ${times[name] ?? 0} ${name === 'canarySeconds' ? canary : read(name)})`,
    );
    return `(add ${[seconds, ...parts].join(' ')})`;
  };
  tokens.add({ text: String(activeDeadlineSeconds(limits)), expression: sum(longestRun) });
  tokens.add({
    text: String(gracePeriodSeconds(limits)),
    expression: `(max ${waitsOfStop.map(sum).join(' ')})`,
  });
}

/** The names of a canary's objects. */
export function addCanaryNames(tokens: Tokens, deployment: string, expression: string, loop?: Loop): void {
  const { pod, control } = canaryNames(deployment);
  for (const name of [pod, control]) {
    const kind = name.split('-')[2] ?? '';
    tokens.add({
      text: name,
      expression: `(${helper('podName')} (printf "credential-rotation-${kind}-%s" ${expression}))`,
      loop,
    });
  }
}
