import { stringify } from 'yaml';

/**
 * An object as kubectl reads it: by YAML 1.1, in which a plain `off`, `no` or `y` is a boolean (sigs.k8s.io/yaml), and the API
 * server takes no boolean for a text. Long lines are not folded, and no object refers to another by an alias.
 */
export function kubernetesYaml(object: unknown): string {
  return stringify(object, {
    version: '1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
    singleQuote: true,
  });
}
