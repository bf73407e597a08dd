import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const descriptor = z.object({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
});
const index = z.object({ manifests: z.array(descriptor) });
const manifest = z.object({ config: descriptor, layers: z.array(descriptor) });
const configuration = z.object({
  os: z.string(),
  architecture: z.string(),
  config: z.object({
    User: z.string(),
    Env: z.array(z.string()),
    Entrypoint: z.array(z.string()),
    WorkingDir: z.string(),
    Labels: z.record(z.string(), z.string()),
  }),
});

/** What an image says of how it is run, and of itself. */
export type Configuration = z.infer<typeof configuration>;

/** An archive in the layout of OCI (github.com/opencontainers/image-spec, image-layout.md), unpacked. */
export class Archive {
  constructor(
    file: string,
    private readonly folder: string,
  ) {
    mkdirSync(folder);
    execFileSync('tar', ['--extract', '--file', file, '--directory', folder]);
  }

  private blob(digest: string): string {
    return path.join(this.folder, 'blobs', digest.replace(':', '/'));
  }

  private read(file: string): unknown {
    return JSON.parse(readFileSync(file, 'utf8'));
  }

  /** The images as the archive's list has them. */
  private images(): z.infer<typeof index>['manifests'] {
    const [list] = index.parse(this.read(path.join(this.folder, 'index.json'))).manifests;
    if (list === undefined) throw new Error('the archive is empty');
    return index.parse(this.read(this.blob(list.digest))).manifests;
  }

  /** The image's platforms as its list says them, with what each image is. */
  platforms(): { platform: string; digest: string }[] {
    return this.images().map(({ platform, digest }) => ({
      platform: `${platform?.os}/${platform?.architecture}`,
      digest,
    }));
  }

  configuration(digest: string): Configuration {
    const { config } = manifest.parse(this.read(this.blob(digest)));
    return configuration.parse(this.read(this.blob(config.digest)));
  }

  /** Makes a folder in the same layout with one of the images alone, as tools read it that know no lists. */
  alone(digest: string, folder: string): void {
    mkdirSync(folder);
    symlinkSync(path.join(this.folder, 'blobs'), path.join(folder, 'blobs'));
    writeFileSync(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const one = { schemaVersion: 2, manifests: this.images().filter((each) => each.digest === digest) };
    writeFileSync(path.join(folder, 'index.json'), JSON.stringify(one));
  }

  /** Unpacks the layers of an image into a new folder, as a container's root has them. */
  unpack(digest: string, root: string): void {
    mkdirSync(root);
    for (const layer of manifest.parse(this.read(this.blob(digest))).layers)
      execFileSync('tar', ['--extract', '--file', this.blob(layer.digest), '--directory', root]);
  }
}
