import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect } from 'chai';
import { imageConfiguration, imageLabels } from '../../../image/layout';
import { packageRoot } from '../../../lab/package';
import { PLUGIN_VERSIONS } from '../../../lab/plugins/versions';

const root = packageRoot();
const text = (name: string): string => readFileSync(path.join(root, name), 'utf8');

/** The instructions of the Dockerfile: name and rest, lines that go on joined. */
const instructions = text('Dockerfile')
  .replace(/^#.*$/gm, '')
  .replace(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);

function rests(name: string): string[] {
  return instructions.filter(([each]) => each === name).map(([, rest]) => rest);
}

/** What the last stage says under this name. */
function last(name: string): string {
  return rests(name).at(-1) ?? '';
}

describe('Dockerfile', () => {
  it('has the versions of the repository, and no other', () => {
    const { dependencies, devDependencies } = JSON.parse(text('package.json')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const setUp = createRequire(__filename)(path.join(root, 'lab', 'setup', 'versions.js')) as {
      pulumi: string;
      kubernetesPlugin: string;
    };
    const debian = 'bookworm-slim';
    const given = new Map(rests('ARG').map((rest) => rest.split('=') as [string, string]));
    const filled = (rest: string): string =>
      rest.replace(/\$\{(\w+)\}/g, (_, name: string) => given.get(name) ?? '');
    expect(rests('FROM').map(filled)).to.deep.equal([
      `pulumi/pulumi-base:${setUp.pulumi} AS engine`,
      `node:${devDependencies['node']}-${debian} AS build`,
      'scratch',
    ]);
    expect(setUp.pulumi).to.equal(dependencies['@pulumi/pulumi']);
    expect(setUp.kubernetesPlugin).to.equal(PLUGIN_VERSIONS.kubernetes);
    const packages = /install -y --no-install-recommends (.*?) +&&/.exec(rests('RUN').map(filled).join('\n'));
    expect(packages?.[1]).to.match(/^ca-certificates tini=\d+\.\d+\.\d+-\S+$/);
    const installed = [...text('Dockerfile').matchAll(/pulumi plugin install resource (\S+) (\S+)/g)];
    expect(Object.fromEntries(installed.map(([, name, version]) => [name, version]))).to.deep.equal(
      PLUGIN_VERSIONS,
    );
    for (const [name, version] of Object.entries(PLUGIN_VERSIONS))
      expect(dependencies[`@pulumi/${name}`], name).to.equal(version);
  });

  it('says of running the image what the tests run: user, entrypoint, folder, variables; and its labels', () => {
    const variables = [...last('ENV').matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]);
    expect(Object.fromEntries(variables)).to.deep.equal(imageConfiguration.environment);
    const labels = [...last('LABEL').matchAll(/(\S+)="([^"]*)"/g)].map(([, name, value]) => [name, value]);
    expect(Object.fromEntries(labels)).to.deep.equal(imageLabels);
    expect(imageLabels).to.include({
      'org.opencontainers.image.title': (JSON.parse(text('package.json')) as { name: string }).name,
      'org.opencontainers.image.licenses': (JSON.parse(text('package.json')) as { license: string }).license,
    });
    expect(last('USER')).to.equal(imageConfiguration.user);
    expect(last('WORKDIR')).to.equal(imageConfiguration.workingDir);
    expect(JSON.parse(last('ENTRYPOINT'))).to.deep.equal(imageConfiguration.entrypoint);
    expect(rests('CMD')).to.deep.equal([]);
  });

  it('sends to the build all that it compiles', () => {
    const sent = text('.dockerignore').match(/(?<=^!).+$/gm) ?? [];
    expect(sent).to.include.members(['image', 'src', 'package-lock.json', 'tsconfig.json', 'LICENSE']);
    for (const folder of ['image', 'src']) {
      const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
      for (const name of names.filter((each) => each.endsWith('.ts'))) {
        const file = path.join(folder, name);
        for (const [, target = ''] of text(file).matchAll(/from '(\.[^']+)'/g)) {
          const [top = ''] = path.join(path.dirname(file), target).split(path.sep);
          expect(sent, `${file} imports ${target}`).to.include(top);
        }
      }
    }
  });
});
