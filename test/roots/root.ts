import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Releases of Debian that a root is made of. */
export const suites = ['bookworm', 'trixie'] as const;
export type Suite = (typeof suites)[number];

/** Who works in a root. */
export const people = ['root', 'user'] as const;
export type Person = (typeof people)[number];

/** Who is not root there. */
const USER = 'lab';

/** What a root has beyond Debian's smallest: npm with its Node, and sudo, by which the user runs the command that the set-up prints. */
const PACKAGES = ['ca-certificates', 'npm', 'sudo'];

/** Authorities that a machine trusts beyond Debian's. */
const AUTHORITIES = '/usr/local/share/ca-certificates';

/** How this machine reaches the package registries; nothing else of its environment goes along. */
const NETWORK =
  /^(https?_proxy|no_proxy|all_proxy|npm_config_(registry|cafile)|pip_(index_url|cert|default_timeout)|go(proxy|nosumdb|sumdb|noproxy|private)|node_extra_ca_certs|ssl_cert_(file|dir)|requests_ca_bundle|curl_ca_bundle)$/i;

/** Where Go has its modules: its cache of builds knows them by this folder, so it is the same for everybody. For root it is the usual one. */
const MODULES = '/root/go/pkg/mod';

/** Mounts what programs expect, in namespaces that go with their first process: nothing is left to be unmounted. */
const ENTER = `set -e
mount --make-rprivate /
root=$1; shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
chroot "$root" "$@"
`;

/** The variables of this machine's environment that a root gets, by which it reaches the registries. Pure. */
export function networkOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  const found = Object.entries(environment).filter(([name]) => NETWORK.test(name));
  return Object.fromEntries(found.map(([name, value]) => [name, value ?? '']));
}

/**
 * The one command that the set-up prints for what is missing, to be run by whoever reads it: the only line that is indented. Pure.
 *
 * @throws Error when there is none, or more than one
 */
export function printedCommand(output: string): string {
  const lines = output.split('\n').filter((line) => /^ {2}(apt-get|sudo) /.test(line));
  const [command] = lines;
  if (command === undefined || lines.length > 1)
    throw new Error(
      `the set-up prints ${lines.length} commands for what is missing, and not one:\n${output}`,
    );
  return command.trim();
}

function must(program: string, ...args: string[]): void {
  const { status, stderr, stdout } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

/** How a command ended. */
export interface Ended {
  code: number;
  /** stdout and stderr, in the order of their coming. */
  output: string;
  seconds: number;
}

/** A Debian that has nothing but npm, in a folder, with a fresh clone of a checkout in a person's home. */
export class Root {
  private constructor(
    readonly folder: string,
    readonly person: Person,
  ) {}

  /** Makes the archive from which roots of a release are unpacked. Takes minutes. */
  static makeArchive(suite: Suite, file: string): void {
    if (existsSync(file)) return;
    must('mmdebstrap', '--variant=minbase', `--include=${PACKAGES.join(',')}`, suite, `${file}.new.tar`);
    must('mv', `${file}.new.tar`, file);
  }

  /** A root of its own for one person, with the last commit of the checkout. */
  static make(archive: string, folder: string, person: Person, checkout: string): Root {
    mkdirSync(folder, { recursive: true });
    must(
      'tar',
      '--extract',
      '--file',
      archive,
      '--directory',
      folder,
      '--numeric-owner',
      '--exclude=./dev/*',
    );
    const root = new Root(folder, person);
    if (existsSync(AUTHORITIES)) {
      cpSync(AUTHORITIES, path.join(folder, AUTHORITIES), { recursive: true });
      must('chroot', folder, 'update-ca-certificates');
    }
    must('cp', '--dereference', '/etc/resolv.conf', '/etc/hosts', path.join(folder, 'etc'));
    must('chroot', folder, 'useradd', '--create-home', '--shell', '/bin/bash', USER);
    writeFileSync(path.join(folder, 'etc/sudoers.d/lab'), `${USER} ALL=(ALL) NOPASSWD: ALL\n`, {
      mode: 0o440,
    });
    must('git', 'clone', '--quiet', '--no-hardlinks', checkout, root.inside(root.clone));
    root.own(root.clone);
    mkdirSync(root.inside(MODULES), { recursive: true });
    must('chmod', '711', root.inside('/root'));
    root.own(MODULES);
    return root;
  }

  get home(): string {
    return this.person === 'root' ? '/root' : `/home/${USER}`;
  }

  private get login(): string {
    return this.person === 'root' ? 'root' : USER;
  }

  /** What was cloned. */
  commit(): string {
    const args = ['-C', this.inside(this.clone), '-c', 'safe.directory=*', 'rev-parse', '--short', 'HEAD'];
    return spawnSync('git', args, { encoding: 'utf8' }).stdout.trim();
  }

  private get clone(): string {
    return `${this.home}/openemr-credential-rotation`;
  }

  private inside(place: string): string {
    return path.join(this.folder, place);
  }

  private own(place: string): void {
    must('chroot', this.folder, 'chown', '-R', `${this.login}:${this.login}`, place);
  }

  /** What is handed from root to root: a name for it, and its place. */
  private get caches(): [name: string, place: string][] {
    return [
      ['go-build', `${this.home}/.cache/go-build`],
      ['go-modules', MODULES],
      ['npm', `${this.home}/.npm`],
    ];
  }

  /**
   * Takes over what Go and npm keep of an earlier root's downloads and compilations, and nothing that the set-up has made of it.
   * Says whether there was any.
   */
  takeCaches(from: string): boolean {
    const found = this.caches.filter(([name]) => existsSync(path.join(from, name)));
    for (const [name, place] of found) {
      mkdirSync(path.dirname(this.inside(place)), { recursive: true });
      must('mv', '--no-target-directory', path.join(from, name), this.inside(place));
      this.own(place);
    }
    // The folders above it, too: the set-up makes its own beside it.
    this.own(this.home);
    return found.length > 0;
  }

  /** Leaves them for the next root. */
  leaveCaches(to: string): void {
    mkdirSync(to, { recursive: true });
    for (const [name, place] of this.caches)
      if (existsSync(this.inside(place)))
        must('mv', '--no-target-directory', this.inside(place), path.join(to, name));
  }

  /** Runs a command line in the clone, as its reader would; shows what it says. */
  async run(command: string): Promise<Ended> {
    const name = this.login;
    const environment = {
      ...networkOf(process.env),
      ...(this.person === 'root' ? {} : { GOMODCACHE: MODULES }),
      HOME: this.home,
      USER: name,
      LOGNAME: name,
      SHELL: '/bin/bash',
      LANG: 'C.UTF-8',
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    };
    const args = ['--mount', '--pid', '--fork', '--kill-child', '/bin/sh', '-c', ENTER, 'enter', this.folder];
    const variables = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
    const reader = ['/usr/bin/env', '-i', ...variables, '/bin/bash', '-c', `cd ${this.clone} && ${command}`];
    const chroot = ['/usr/sbin/runuser', '-u', name, '--', ...reader];
    const begin = performance.now();
    const child = spawn('unshare', [...args, ...chroot], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        process.stdout.write(text);
      });
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve(status ?? 1));
    });
    return { code, output, seconds: Math.round((performance.now() - begin) / 1000) };
  }

  /** What is in the caches of the set-up. */
  made(): string[] {
    const folder = this.inside(`${this.home}/.cache/openemr-credential-rotation`);
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  /** Removes the folder. All mounts went with the commands that needed them. */
  remove(): void {
    must('chmod', '-R', 'u+w', this.inside(this.home));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
