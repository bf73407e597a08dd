import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { layout } from '../../image/layout';
import { bytesOf, megabytes } from '../../image/size';
import { installedPlugins } from '../../lab/image';
import { packageRoot, tools } from '../../lab/package';

/**
 * The build stage of the Dockerfile without a container engine: its own commands behind `COPY . .`, in a folder that
 * has no more than .dockerignore sends, with the engine's own plugin folder. Only `npm ci` is left out.
 */
describe('the build stage of the Dockerfile', function () {
  this.timeout(240_000);
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'image-build-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const text = (name: string): string => readFileSync(path.join(packageRoot(), name), 'utf8');

  /** The commands, each as its words. */
  function commands(): string[][] {
    const [, behind = ''] = text('Dockerfile').split(/^COPY \. \.$/m);
    const [stage = ''] = behind.split(/^FROM /m);
    return [...stage.matchAll(/^RUN (.+)$/gm)].map(([, command = '']) => command.split(' '));
  }

  it('makes the tree of the image from what is sent to it, and prints its size @long', async () => {
    const build = path.join(folder, 'build');
    for (const name of text('.dockerignore').match(/(?<=^!).+$/gm) ?? [])
      cpSync(path.join(packageRoot(), name), path.join(build, name), { recursive: true });
    symlinkSync(path.join(packageRoot(), 'node_modules'), path.join(build, 'node_modules'));
    const places: Record<string, string> = {
      '/engine': tools().pulumi,
      '/plugins': await installedPlugins(folder),
      '/usr/local/bin/node': path.join(packageRoot(), 'node_modules', 'node', 'bin', 'node'),
      '/image': path.join(folder, 'image'),
    };
    expect(commands().map((words) => words.slice(0, 3).join(' '))).to.deep.equal([
      'npm run build',
      'node dist/image/main.js --engine',
    ]);
    let said = '';
    for (const [program = '', ...words] of commands())
      said = execFileSync(
        program,
        words.map((word) => places[word] ?? word),
        { cwd: build, encoding: 'utf8' },
      );
    const root = path.join(folder, 'image');
    expect(said).to.match(new RegExp(`^the whole image: ${megabytes(bytesOf(root))}$`, 'm'));
    expect(said).to.match(/^resource-kubernetes-v\S+: \d+ MB$/m);
    for (const file of [layout.node, layout.init, layout.command, `${layout.engine}/bin/pulumi`])
      expect(lstatSync(path.join(root, file)).mode & 0o777, file).to.equal(0o755);
    expect(existsSync(path.join(root, layout.package, 'dist', 'bundle', 'command.js'))).to.equal(true);
    expect(readdirSync(path.join(root, layout.engine, 'plugins'))).to.have.lengthOf(3);
  });
});
