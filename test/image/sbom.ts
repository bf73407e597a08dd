import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { tools } from '../../lab/package';

const document = z.object({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(
    z.object({ name: z.string(), purl: z.string().optional(), licenses: z.array(z.unknown()).optional() }),
  ),
});

/** A part in a list of CycloneDX. */
export type Part = z.infer<typeof document>['components'][number];

/** The parts of an image in a folder in the layout of OCI, as build/release/image-publish.sh has Syft list them. */
export function sbomOf(folder: string): Part[] {
  const file = path.join(folder, 'sbom.cdx.json');
  const args = ['scan', `oci-dir:${folder}`, '--output', `cyclonedx-json=${file}`, '--quiet'];
  const env = { ...process.env, SYFT_CHECK_FOR_APP_UPDATE: 'false' };
  execFileSync(tools().syft, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return document.parse(JSON.parse(readFileSync(file, 'utf8'))).components;
}
