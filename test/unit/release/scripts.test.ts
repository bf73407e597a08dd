import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { codeBlocks, page, repositoryFile, repositoryText } from '../docs/readme';
import { Registry } from './registry';
import type { ScriptRun } from './releaseFolder';
import { ReleaseFolder } from './releaseFolder';

const { name, version } = JSON.parse(repositoryText('package.json')) as { name: string; version: string };
const image = 'ghcr.io/acme/openemr-credential-rotation';
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** The steps of .github/workflows/release.yml, in its order, on a copy of the repository. */
describe('the scripts of a release', function () {
  this.timeout(60_000);
  let folder: ReleaseFolder;
  let registry: Registry;
  let packed: string;

  before(async () => {
    folder = new ReleaseFolder();
    registry = await Registry.start();
    packed = path.join(folder.root, 'packed');
    folder.standIn('cosign');
    folder.standIn('syft', `printf '{}' >"\${4#cyclonedx-json=}"`);
    folder.standIn('gh', `[ "$2" != view ] || exit "\${RELEASE_IS_THERE:-1}"`);
    folder.standIn(
      'helm',
      `case $1 in
      package) for chart in "$2" "$3"; do
        echo chart >"$5/$(sed -n 's/^name: //p' "$chart/Chart.yaml")-${version}.tgz"
      done ;;
      push) printf 'Pushed: ${image.replace(name, `charts/${name}`)}:${version}\\nDigest: ${digest('c')}\\n' >&2 ;;
      esac`,
    );
    folder.standIn(
      'docker',
      `while [ $# -gt 0 ]; do
      case $1 in
      --metadata-file) printf '{"containerimage.digest":"${digest('a')}"}' >"$2" ;;
      --version) printf '%s\\n' "\${SAYS:-${version}}" ;;
      inspect) printf '{"digest":"${digest('b')}"}' ;;
      esac
      shift
      done`,
    );
  });
  after(() => {
    registry.stop();
    folder.remove();
  });

  async function passed(
    script: string,
    args: string[],
    variables?: Record<string, string>,
  ): Promise<ScriptRun> {
    const run = await folder.run(script, args, variables);
    expect(run.code, run.stdout + run.stderr).to.equal(0);
    return run;
  }
  const file = (ending: string): string => path.join(packed, `${name}-${ending}`);

  it('pack.sh: tarball, SBOM, charts and Action with their checksums; the package names where it comes from', async () => {
    await passed('pack.sh', [packed], { npm_config_ignore_scripts: 'true' });
    expect(readdirSync(packed).sort()).to.deep.equal([
      'SHA256SUMS',
      `${name}-${version}.cdx.json`,
      `${name}-${version}.tgz`,
      `${name}-action-${version}.tar.gz`,
      `${name}-chart-${version}.tgz`,
      `${name}-fleet-chart-${version}.tgz`,
    ]);
    const sums = execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
      cwd: packed,
      encoding: 'utf8',
    });
    expect(sums.match(/: OK$/gm)).to.have.length(5);
    const manifest = execFileSync('tar', ['-xzOf', file(`${version}.tgz`), 'package/package.json']);
    expect(JSON.parse(manifest.toString())).to.deep.include({
      repository: { type: 'git', url: 'git+https://github.com/acme/openemr-credential-rotation.git' },
    });
    const sbom = JSON.parse(readFileSync(file(`${version}.cdx.json`), 'utf8')) as {
      metadata: { component: { name: string } };
      components: { name: string }[];
    };
    expect(sbom.metadata.component.name).to.equal(name);
    const parts = sbom.components.map((each) => each.name);
    expect(parts).to.include.members(['@pulumi/pulumi', 'mysql2', 'zod']);
    for (const other of ['mocha', 'typescript', '@pulumi/policy']) expect(parts).not.to.include(other);
  });

  it('pack.sh: the Action starts from its bundle: its first step installs dependencies alone, and compiles nothing', async () => {
    const tree = path.join(folder.root, 'action');
    mkdirSync(tree);
    execFileSync('tar', ['-xzf', file(`action-${version}.tar.gz`), '-C', tree]);
    const { runs } = parse(readFileSync(path.join(tree, 'action.yml'), 'utf8')) as {
      runs: { steps: { run: string }[] };
    };
    const own = new ReleaseFolder();
    try {
      own.standIn('npm', `ln -s ${repositoryFile('node_modules')} node_modules`);
      own.script('first-step.sh', runs.steps[0]?.run ?? '');
      for (const expected of [
        [['npm', 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund']],
        [], // A second run on the same runner finds them.
      ]) {
        const { code, calls } = await own.run('first-step.sh', [], { GITHUB_ACTION_PATH: tree });
        expect([code, calls]).to.deep.equal([0, expected]);
      }
    } finally {
      own.remove();
    }
    const inputs = { INPUT_COMMAND: 'destroy', INPUT_STACK_NAME: 'prod' };
    const main = spawnSync(process.execPath, [path.join(tree, 'dist', 'src', 'action', 'main.js')], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...inputs },
    });
    expect(main.stdout + main.stderr).to.match(/^::error::.*command must be one of preview, /m);
    // npm ci takes the lock file only as long as the package asks for the same.
    const read = (each: string): unknown => JSON.parse(readFileSync(path.join(tree, each), 'utf8'));
    const lock = read('package-lock.json') as { packages: Record<string, { dependencies?: object }> };
    expect(read('package.json')).to.deep.include({ dependencies: lock.packages['']?.dependencies });
  });

  it('publish-npm.sh: a dry run publishes nothing; then once, with tag and access; again it finds its work', async () => {
    const tarball = file(`${version}.tgz`);
    const dry = await passed('publish-npm.sh', [tarball, 'next', '--dry-run'], registry.variables);
    expect(dry.stdout).to.include(`+ ${name}@${version}`);
    expect(registry.published).to.deep.equal([]);
    await passed('publish-npm.sh', [tarball, 'next'], registry.variables);
    expect(registry.published).to.have.length(1);
    expect(registry.published[0]).to.deep.include({ name, access: 'public', 'dist-tags': { next: version } });
    const again = await passed('publish-npm.sh', [tarball, 'next'], registry.variables);
    expect(again.stdout).to.include('is published already, from this very tarball');
    expect(registry.published).to.have.length(1);
  });

  it('publish-npm.sh: another tarball of a version that is published is refused', async () => {
    const other = path.join(folder.root, 'other.tgz');
    cpSync(file(`${version}.tgz`), other);
    appendFileSync(other, Buffer.alloc(512));
    const { code, stderr } = await folder.run('publish-npm.sh', [other, 'latest'], registry.variables);
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /is published already, from another tarball \(sha512-\S+, this one is sha512-\S+\)/,
    );
    expect(registry.published).to.have.length(1);
  });

  it('image-build.sh: builds for one platform, pushes without a tag, tries it, and writes its digest', async () => {
    const at = path.join(folder.root, 'digest');
    writeFileSync(at, '');
    const { calls } = await passed('image-build.sh', ['linux/arm64', version, at], { IMAGE: image });
    const [build = [], run = [], engine = []] = calls;
    expect(build.slice(0, 5)).to.deep.equal(['docker', 'buildx', 'build', '--platform', 'linux/arm64']);
    expect(build).to.include(`type=image,name=${image},push-by-digest=true,name-canonical=true,push=true`);
    expect(build).to.include(`org.opencontainers.image.version=${version}`);
    expect(run.slice(-2)).to.deep.equal([`${image}@${digest('a')}`, '--version']);
    expect(engine.slice(3)).to.deep.equal([
      ...['--platform', 'linux/arm64', '--entrypoint', '/opt/pulumi/bin/pulumi'],
      ...[`${image}@${digest('a')}`, 'version'],
    ]);
    expect(readFileSync(at, 'utf8')).to.equal(`${digest('a')}\n`);
    writeFileSync(at, '');
    const wrong = await folder.run('image-build.sh', ['linux/arm64', version, at], {
      IMAGE: image,
      SAYS: '9.9.9',
    });
    expect(wrong.code).to.equal(1);
    expect(wrong.stderr).to.equal(`the image for linux/arm64 says that it is 9.9.9, not ${version}\n`);
    expect(readFileSync(at, 'utf8')).to.equal('');
  });

  it('image-publish.sh: joins both platforms under all tags, signs the whole, attests the parts of each', async () => {
    const { calls, outputs } = await passed(
      'image-publish.sh',
      [version, `${version} 1`, digest('d'), digest('e')],
      { IMAGE: image },
    );
    const [create, , sign, ...rest] = calls;
    expect(create?.slice(4)).to.deep.equal([
      `--tag=${image}:${version}`,
      `--tag=${image}:1`,
      `${image}@${digest('d')}`,
      `${image}@${digest('e')}`,
    ]);
    expect(sign).to.deep.equal(['cosign', 'sign', '--yes', '--recursive', `${image}@${digest('b')}`]);
    expect(
      rest.map(([program, , ...words]) => [program, words.at(program === 'syft' ? 0 : -1)]),
    ).to.deep.equal([
      ['syft', `registry:${image}@${digest('d')}`],
      ['cosign', `${image}@${digest('d')}`],
      ['syft', `registry:${image}@${digest('e')}`],
      ['cosign', `${image}@${digest('e')}`],
    ]);
    expect(outputs).to.equal(`digest=${digest('b')}\n`);
  });

  it('chart-publish.sh: pushes the chart, and signs what the registry says that it has', async () => {
    const charts = 'oci://ghcr.io/acme/charts';
    const { calls, outputs } = await passed('chart-publish.sh', [file(`chart-${version}.tgz`), charts]);
    const pushed = `ghcr.io/acme/charts/${name}`;
    expect(calls).to.deep.equal([
      ['helm', 'push', file(`chart-${version}.tgz`), charts],
      ['cosign', 'sign', '--yes', `${pushed}@${digest('c')}`],
    ]);
    expect(outputs).to.equal(`name=${pushed}\ndigest=${digest('c')}\n`);
  });

  it('action-tag.sh: a tag with the bundle above the release, and the tag of its line; again it is the same commit', async () => {
    const bare = path.join(folder.root, 'remote.git');
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', folder.checkout, ...args], { encoding: 'utf8' }).trim();
    execFileSync('git', ['init', '--quiet', '--bare', bare]);
    git('init', '--quiet');
    writeFileSync(path.join(folder.checkout, '.gitignore'), 'dist/\nnode_modules\n');
    git('add', 'package.json', '.gitignore');
    git('-c', 'user.name=Maintainer', '-c', 'user.email=m@example.org', 'commit', '--quiet', '-m', 'Release');
    git('remote', 'add', 'origin', bare);
    // A small one, as git packs it six times.
    const tree = path.join(folder.root, 'small');
    mkdirSync(path.join(tree, 'dist'), { recursive: true });
    for (const name of ['action.yml', 'package-lock.json', '.npmrc', 'dist/main.js'])
      writeFileSync(path.join(tree, name), `${name}\n`);
    const bundle = path.join(folder.root, 'small.tar.gz');
    execFileSync('tar', ['-czf', bundle, '-C', tree, '.']);
    await passed('action-tag.sh', [bundle, '1.2.0', 'false']);
    const at = (tag: string): string =>
      execFileSync('git', ['-C', bare, 'rev-parse', tag], { encoding: 'utf8' }).trim();
    const commit = at('action-v1.2.0');
    expect(at('action-v1')).to.equal(commit);
    expect(git('rev-parse', `${commit}^`)).to.equal(git('rev-parse', 'HEAD'));
    const files = git('ls-tree', '-r', '--name-only', commit).split('\n');
    // Even what .gitignore keeps out of the sources, and nothing of these.
    expect(files).to.deep.equal(['.npmrc', 'action.yml', 'dist/main.js', 'package-lock.json']);
    await passed('action-tag.sh', [bundle, '1.2.0', 'false']);
    expect(at('action-v1.2.0')).to.equal(commit);
    await passed('action-tag.sh', [bundle, '1.3.0-rc.1', 'true']);
    expect(at('action-v1')).to.equal(commit);
    expect(at('action-v1.3.0-rc.1')).not.to.equal('');
    expect(git('status', '--porcelain', 'package.json')).to.equal('');
    // As docs/verify-a-release.md has a user check it, in a clone.
    git('tag', 'v1.2.0');
    git('push', '--quiet', 'origin', 'v1.2.0');
    const clone = path.join(folder.root, 'clone');
    execFileSync('git', ['clone', '--quiet', bare, clone], { stdio: 'ignore' });
    cpSync(bundle, path.join(clone, `${name}-action-1.2.0.tar.gz`));
    const verify = codeBlocks('sh', page('verify-a-release')).at(-1)?.replaceAll('VERSION', '1.2.0') ?? '';
    const check = (): string => execFileSync('bash', ['-ec', verify], { cwd: clone, encoding: 'utf8' });
    expect(check().trim().split('\n')).to.deep.equal([git('rev-parse', 'HEAD'), git('rev-parse', 'HEAD')]);
    for (const made of ['bundle', 'tag']) rmSync(path.join(clone, made), { recursive: true });
    const changed = verify.replace(/^diff/m, 'echo other >bundle/dist/main.js; diff');
    expect(changed).not.to.equal(verify);
    expect(() => execFileSync('bash', ['-ec', changed], { cwd: clone, stdio: 'pipe' })).to.throw();
  });

  it('github-release.sh: notes from the changelog, signed checksums, every file; again it puts them in anew', async () => {
    const made = await passed('github-release.sh', [packed, version, 'true']);
    const [sign = [], , create = []] = made.calls;
    expect(sign.slice(0, 3)).to.deep.equal(['cosign', 'sign-blob', '--yes']);
    expect(create.slice(0, 4)).to.deep.equal(['gh', 'release', 'create', `v${version}`]);
    expect(create).to.include.members(['--verify-tag', '--prerelease=true', file(`${version}.tgz`)]);
    const again = await passed('github-release.sh', [packed, version, 'true'], { RELEASE_IS_THERE: '0' });
    expect(again.calls.at(-1)?.slice(0, 5)).to.deep.equal([
      'gh',
      'release',
      'upload',
      `v${version}`,
      '--clobber',
    ]);
    appendFileSync(file(`chart-${version}.tgz`), 'changed');
    const changed = await folder.run('github-release.sh', [packed, version, 'true']);
    expect(changed.code).not.to.equal(0);
    expect(changed.calls).to.deep.equal([]);
  });

  it('main.js check: what does not agree with the tag, and no output of the step', async () => {
    const main = ['dist', 'build', 'release', 'main.js'];
    folder.script('check.sh', `exec node ${main.join('/')} check "$1"`);
    const wrong = await folder.run('check.sh', ['v9.9.9']);
    expect(wrong.code).to.equal(1);
    expect(wrong.stderr).to.include(`the version in package.json is ${version}, the tag says 9.9.9\n`);
    expect(wrong.outputs).to.equal('');
    const chart = path.join(folder.checkout, 'infra', 'chart');
    mkdirSync(chart, { recursive: true });
    writeFileSync(path.join(chart, 'Chart.yaml'), `version: ${version}\nappVersion: '${version}'\n`);
    const { outputs } = await passed('check.sh', [`v${version}`]);
    expect(outputs).to.match(
      new RegExp(`^version=${version}\nprerelease=false\nnpm-tag=latest\nimage-tags=`),
    );
  });
});
