import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ContainerImage } from '../kubelet/images';
import { labSource, tools } from '../package';
import { PAUSE_IMAGE } from './configuration';
import { writeImageArchive } from './imageArchive';
import { PAGES } from './podTemplate';

/** The name in the Deployment of the lab. */
export const OPENEMR_IMAGE = 'openemr/openemr:lab';

const OPENEMR: Omit<ContainerImage, 'root'> = {
  entrypoint: ['/usr/local/bin/openemr.sh'],
  environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  workingDir: PAGES,
  // Apache lets requests in flight end.
  stopSignal: 'SIGWINCH',
};

/** What the image has beyond Debian, by its place there. */
const FILES: Record<string, { from: string; mode: number }> = {
  'usr/local/bin/openemr.sh': { from: 'image/openemr.sh', mode: 0o755 },
  'etc/openemr/apache.conf': { from: 'image/apache.conf', mode: 0o644 },
  'etc/php/8.2/fpm/conf.d/99-openemr.ini': { from: 'image/opcache.ini', mode: 0o644 },
  'etc/openemr/fpm.conf': { from: 'image/fpm.conf', mode: 0o644 },
  ...Object.fromEntries(
    ['openemr.php', 'router.php', 'start.php'].map((name) => [
      `${PAGES.slice(1)}/${name}`,
      { from: name, mode: 0o644 },
    ]),
  ),
};

/** The archives of the images that every node has: made once, kept in the cache under a name of what is in them. */
export async function nodeImages(): Promise<string[]> {
  return Promise.all([pauseImage(), openemrImage()]);
}

async function openemrImage(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(OPENEMR));
  for (const [place, { from }] of Object.entries(FILES))
    hash.update(place).update(readFileSync(labSource('openemr', from)));
  const file = path.join(tools().cache, `openemr-image-${hash.digest('hex').slice(0, 12)}.tar`);
  return made(file, async (folder) => {
    for (const [place, { from, mode }] of Object.entries(FILES))
      addFile(folder, place, labSource('openemr', from), mode);
    const layers = [tools().openemrBase, folder];
    await writeImageArchive({ file, name: OPENEMR_IMAGE, image: OPENEMR, layers });
  });
}

async function pauseImage(): Promise<string> {
  const file = path.join(path.dirname(tools().pause), 'pause.tar');
  return made(file, async (folder) => {
    addFile(folder, 'pause', tools().pause, 0o755);
    await writeImageArchive({ file, name: PAUSE_IMAGE, image: { entrypoint: ['/pause'] }, layers: [folder] });
  });
}

/** A file that is made when it is not there. */
async function made(file: string, make: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(file)) return file;
  const folder = mkdtempSync(path.join(tmpdir(), 'openemr-lab-image-'));
  chmodSync(folder, 0o755);
  try {
    await make(folder);
    return file;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function addFile(root: string, place: string, from: string, mode: number): void {
  const file = path.join(root, place);
  mkdirSync(path.dirname(file), { recursive: true });
  copyFileSync(from, file);
  chmodSync(file, mode);
}
