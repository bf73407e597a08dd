/** A version without `v`, as SemVer 2.0.0 has it; no build metadata, which npm and OCI tags do not keep. */
const versionPattern = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

/** A version and the tags that move to it. */
export interface Version {
  version: string;
  prerelease: boolean;
  /** npm's tag: `next` for a version that is tried out, so that nobody gets it who did not ask for it. */
  npmTag: 'latest' | 'next';
  /** Tags of the image: the version itself, and the lines that it is the newest of. */
  imageTags: string[];
}

/** Reads a version. @throws Error when it is none */
export function readVersion(version: string): Version {
  const [, major, minor, , label] = versionPattern.exec(version) ?? [];
  if (major === undefined || minor === undefined) throw new Error(`${version} is no version, e.g. 1.0.0`);
  const prerelease = label !== undefined;
  // Below 1.0.0 each minor version may break what was.
  const lines = major === '0' ? [`${major}.${minor}`] : [`${major}.${minor}`, major];
  return {
    version,
    prerelease,
    npmTag: prerelease ? 'next' : 'latest',
    imageTags: prerelease ? [version] : [version, ...lines],
  };
}

/** The heading of a version in CHANGELOG.md with its date, and what stands below it. */
interface Section {
  date: string | undefined;
  text: string;
}

/** What CHANGELOG.md says of a version (https://keepachangelog.com/en/1.1.0/), or undefined. */
function sectionOf(changelog: string, version: string): Section | undefined {
  const lines = changelog.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`## [${version}]`));
  if (start < 0) return undefined;
  const rest = lines.slice(start + 1);
  // The definitions of links may stand at the end of the file.
  const end = rest.findIndex((line) => /^(## |\[[^\]]+\]: )/.test(line));
  const text = rest.slice(0, end < 0 ? undefined : end).join('\n');
  return { date: / - (\d{4}-\d{2}-\d{2})$/.exec(lines[start] ?? '')?.[1], text: text.trim() };
}

/** What is wrong with a version's section of CHANGELOG.md: it is not there, has no date, or says nothing. */
export function changelogProblems(changelog: string, version: string): string[] {
  const section = sectionOf(changelog, version);
  if (section === undefined) return [`CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD"`];
  const problems: string[] = [];
  if (section.date === undefined) problems.push(`the heading of ${version} in CHANGELOG.md has no date`);
  if (!/^- /m.test(section.text)) problems.push(`CHANGELOG.md says nothing of ${version}`);
  return problems;
}

/** Where the notes lead to. */
export interface Place {
  /** Of the version, e.g. https://github.com/OWNER/openemr-credential-rotation/blob/v1.0.0 */
  files: string;
}

/**
 * The notes of a release: what CHANGELOG.md says of that version. Links into the repository lead to its files at that version, as
 * the page of a release lies elsewhere.
 * @throws Error when the changelog has no such section
 */
export function releaseNotes(changelog: string, version: string, place: Place): string {
  const [problem] = changelogProblems(changelog, version);
  if (problem !== undefined) throw new Error(problem);
  const text = sectionOf(changelog, version)?.text ?? '';
  const linked = text.replace(
    /\]\((?![a-z]+:|#)([^)\s]+)\)/g,
    (_link, target: string) => `](${place.files}/${target})`,
  );
  const verify = `${place.files}/docs/verify-a-release.md`;
  return `${linked}\n\nHow to check what you install: [verify a release](${verify}).\n`;
}
