import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { documentNames, repositoryFile, repositoryText, shownCommands } from './readme';
import { notRun, ranBy } from './ranBy';
import { parseShell } from './shell';

const programs = ['npm', 'npx', 'node', 'pulumi', 'aws', 'kubectl', 'mariadb', 'docker', 'helm'];

/** Each such command of the documents, with the variables before it. */
function commandsIn(file: string): string[] {
  const commands = shownCommands(repositoryText(file)).flatMap(parseShell);
  return commands
    .filter(({ words: [program = ''] }) => programs.includes(program))
    .map(({ environment, words }) =>
      [...Object.entries(environment).map((each) => each.join('=')), ...words].join(' '),
    );
}

describe('every command of another program in the documents', () => {
  const found = new Set(
    ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...documentNames()].flatMap(commandsIn),
  );

  for (const command of found)
    it(`is run by a test, or is said not to be and why: ${command}`, () => {
      const evidence = ranBy[command];
      if (evidence === undefined) {
        expect(notRun, 'test/unit/docs/ranBy.ts').to.have.property(command);
        return;
      }
      expect(notRun).not.to.have.property(command);
      expect(existsSync(repositoryFile(evidence.file)), evidence.file).to.equal(true);
      // Prettier may break the lines of a call.
      const text = repositoryText(evidence.file).replaceAll(/\s+/g, ' ');
      expect(text, evidence.file).to.include(evidence.by);
    });

  it('none is listed that no document has any more', () => {
    expect([...found]).to.include.members([...Object.keys(ranBy), ...Object.keys(notRun)]);
  });

  it('each file that a reason names is there', () => {
    const files = Object.values(notRun).flatMap((reason) => reason.match(/test\/\S+\.ts/g) ?? []);
    for (const file of files) expect(existsSync(repositoryFile(file)), file).to.equal(true);
  });
});
