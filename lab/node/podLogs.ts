import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The text of a log as containerd writes it: `TIME stdout F text`; P is a part of a line whose rest follows. Pure. */
export function plainLog(text: string): string {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, , tag, ...words] = line.split(' ');
      return words.join(' ') + (tag === 'P' ? '' : '\n');
    })
    .join('');
}

/** The logs of pods, kept when the kubelet has removed its own: files of one content under a second name. */
export class PodLogs {
  constructor(
    /** Where the kubelet writes: NAMESPACE_POD_UID/CONTAINER/N.log. */
    private readonly written: string,
    private readonly kept: string,
  ) {}

  /** Keeps what there is of a pod by now. */
  keep(namespace: string, pod: string): void {
    if (!existsSync(this.written)) return;
    const folders = readdirSync(this.written).filter((name) => name.startsWith(`${namespace}_${pod}_`));
    for (const folder of folders) {
      for (const container of readdirSync(path.join(this.written, folder))) {
        const target = path.join(this.kept, namespace, pod);
        mkdirSync(target, { recursive: true });
        for (const name of this.files(path.join(this.written, folder, container))) {
          try {
            linkSync(
              path.join(this.written, folder, container, name),
              path.join(target, name.padStart(12, '0')),
            );
          } catch {
            // Kept already, or gone in this moment.
          }
        }
      }
    }
  }

  private files(folder: string): string[] {
    try {
      return readdirSync(folder).filter((name) => name.endsWith('.log'));
    } catch {
      return [];
    }
  }

  /** What a pod wrote: of all its starts, in their order. */
  read(namespace: string, pod: string): string {
    this.keep(namespace, pod);
    const folder = path.join(this.kept, namespace, pod);
    return this.files(folder)
      .sort()
      .map((name) => plainLog(readFileSync(path.join(folder, name), 'utf8')))
      .join('');
  }
}
