import { readdirSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { repositoryFile, repositoryText } from './readme';
import { parseShell } from './shell';

const applied = 'kubectl apply -f infra/manifests';
const makers = [applied, 'pulumi -C infra up'];

/** What the manifests make, as kubectl names it: kind and name. */
function madeObjects(): string[] {
  const texts = readdirSync(repositoryFile('infra/manifests')).map((name) =>
    repositoryText('infra/manifests', name),
  );
  return texts
    .flatMap((text) => parseAllDocuments(text))
    .map((document) => document.toJS() as { kind: string; metadata: { name: string } })
    .map(({ kind, metadata }) => `${kind.toLowerCase()} ${metadata.name}`);
}

/**
 * What is wrong with the order of a document's commands: what manifests make, and somebody else has made before, is
 * deleted before it is made, and made after it was deleted.
 */
export function checkTakeover(lines: readonly string[]): string[] {
  const commands = lines.flatMap(parseShell).map(({ words }) => words.join(' '));
  const made = madeObjects();
  return commands.flatMap((command, at) => {
    const [, object = ''] = /^kubectl -n \S+ delete (\S+ \S+)/.exec(command) ?? [];
    if (!made.includes(object)) return [];
    const later = commands.slice(at + 1);
    return [
      ...(commands.slice(0, at).includes(applied)
        ? [`${command} deletes what ${applied} has made before it`]
        : []),
      ...makers
        .filter((maker) => !later.includes(maker))
        .map((maker) => `${command} is not followed by ${maker}`),
    ];
  });
}
