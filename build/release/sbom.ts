import { z } from 'zod';

/** What is read of a CycloneDX document (https://cyclonedx.org/docs/1.5/json/); all else is kept as it is. */
const document = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.looseObject({
    component: z.looseObject({ 'bom-ref': z.string(), name: z.string(), purl: z.string() }),
  }),
  components: z.array(z.looseObject({ 'bom-ref': z.string(), name: z.string() })),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

/** What is read of package-lock.json (https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json). */
const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      version: z.string(),
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
    }),
  ),
});

export type Sbom = z.infer<typeof document>;

/** What a user of the package gets with it, as `name@version`; a package under an alias by its own name. */
function installed(lock: string): Set<string> {
  const { packages } = lockFile.parse(JSON.parse(lock));
  const used = Object.entries(packages).filter(
    ([at, { dev, devOptional }]) => at !== '' && dev !== true && devOptional !== true,
  );
  return new Set(
    used.map(([at, { name, version }]) => `${name ?? at.split('node_modules/').at(-1)}@${version}`),
  );
}

/**
 * The list of a package's parts as npm makes it, of those that are installed with it, under the package's name. npm's own
 * `--omit dev` leaves out whatever a development package needs as well, @pulumi/pulumi and two hundred others; and npm takes
 * the name of the folder that it runs in.
 * @param text what `npm sbom --sbom-format cyclonedx` prints, of all packages
 * @param lock package-lock.json
 * @throws Error when it is no such document, or that of another package or version, or lacks a part
 */
export function packageSbom(text: string, lock: string, self: { name: string; version: string }): Sbom {
  const { metadata, components, dependencies, ...rest } = document.parse(JSON.parse(text));
  const purl = `pkg:npm/${self.name}@${self.version}`;
  if (metadata.component.purl !== purl)
    throw new Error(`the SBOM is that of ${metadata.component.purl}, not of ${purl}`);
  const wanted = installed(lock);
  const kept = components.filter((each) => wanted.has(each['bom-ref']));
  const known = new Set(kept.map((each) => each['bom-ref']));
  const missing = [...wanted].filter((each) => !known.has(each));
  if (missing.length > 0) throw new Error(`the SBOM lacks ${missing.join(', ')}`);
  return {
    ...rest,
    metadata: { ...metadata, component: { ...metadata.component, name: self.name } },
    components: kept,
    dependencies: dependencies
      .filter(({ ref }) => known.has(ref) || ref === metadata.component['bom-ref'])
      .map((each) => ({ ...each, dependsOn: each.dependsOn.filter((ref) => known.has(ref)) })),
  };
}
