import { repositoryFile } from '../unit/docs/readme';

/** The site that the fixtures were recorded with: its name is in the names of all that belongs to it. */
export const fixtureSite = 'upgrade';

/** Opens the passwords in the recorded states; the lab that they belonged to is gone. */
export const fixturePassphrase = 'the passphrase of the fixtures';

/** What was different on the machine where they were recorded. */
export interface Facts {
  folder: string;
  host: string;
  port: string;
  slotSecretId: string;
  adminSecretId: string;
}

/** What an old version left behind: `rotated` and `unfinished`, each with its backend and what the command said. */
export function fixtureFolder(version: string): string {
  return repositoryFile(`test/fixtures/${version}`);
}
