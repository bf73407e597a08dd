import type { Rule } from '../../../infra/kubernetes/role';

/** One verb of one rule. */
export interface Granted {
  verb: string;
  resource: string;
  name: string;
  group: string;
}

/** Every verb that the rules grant, on each of their resources. */
export function verbsOf(rules: readonly Rule[]): Granted[] {
  return rules.flatMap(({ apiGroups: [group = ''], resources, resourceNames: [name] = [''], verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => ({ verb, resource, name: name ?? '', group }))),
  );
}

/** The rules without one verb of one of them. */
export function without(rules: readonly Rule[], { verb, resource, name }: Granted): Rule[] {
  const has = ({ resources, resourceNames: [own = ''] = [] }: Rule): boolean =>
    resources.includes(resource) && own === name;
  // A rule of several resources loses the verb on that one alone.
  return rules
    .flatMap((rule): Rule[] =>
      has(rule)
        ? [
            { ...rule, resources: [resource], verbs: rule.verbs.filter((each) => each !== verb) },
            { ...rule, resources: rule.resources.filter((each) => each !== resource) },
          ]
        : [rule],
    )
    .filter(({ resources }) => resources.length > 0)
    .filter(({ verbs }) => verbs.length > 0);
}

/** How `verify` names the right. */
export function title({ verb, resource, name }: Granted): string {
  return `may ${verb} ${resource}${name === '' ? '' : ` ${name}`}`;
}
