import { changed, configuration, ill, permission, refused, unreachable } from './cause';
import type { CodeFacts } from './cause';

/** Of sqlconf.php, its volume, and OpenEMR's health page. */
export const openemrCodes = {
  'sqlconf-missing': configuration(
    'sqlconf.php or its folder does not exist.',
    'Correct `OPENEMR_SITES_MOUNT_ROOT` or `OPENEMR_SITE`.',
  ),
  'sqlconf-path-invalid': configuration(
    'sqlconf.php is not a regular file of its own below the sites folder.',
    'Correct the path, or replace the link.',
  ),
  'sqlconf-unsuited': configuration(
    'sqlconf.php cannot be changed safely: its PHP, its mount, its mode or its attributes.',
    'Correct what the message names.',
  ),
  'sqlconf-permission-missing': permission(
    'This process may not read or replace sqlconf.php.',
    'Run as its owner, or give the right that the message names.',
  ),
  'sqlconf-unreachable': unreachable(
    'The volume of sqlconf.php hangs or fails.',
    'Mount it again; run again.',
  ),
  'sqlconf-not-written': unreachable(
    'sqlconf.php does not read back as it was written.',
    'Restore it and run again.',
  ),
  'sqlconf-changed-meanwhile': changed(
    'sqlconf.php was changed by somebody else during the rotation.',
    'Find out who writes it, end that, run again.',
  ),
  'sites-volume-full': configuration('The file system of sqlconf.php is full.', 'Free some space.'),
  'disk-full': ill('A disk was full, or its quota used up, at a write.', 'Free some space; run again.'),
  'health-page-bad': ill(
    'The health page says that OpenEMR does not work.',
    "Look at OpenEMR's log; make it healthy, run again.",
  ),
  'canary-login-bad': ill(
    'A canary pod with the new login does not work, before anything was switched.',
    'Compare the two accounts, as the message says.',
  ),
  'canary-unproved': refused(
    'No canary pod could prove the new login, and `--canary require` asks for it.',
    'Correct what the message names, or rotate with `--canary auto`.',
  ),
  'health-page-unreachable': unreachable(
    'The health page does not answer.',
    'Check OpenEMR, and `OPENEMR_HEALTHCHECK_URL` from here.',
  ),
  'health-page-unsuited': configuration(
    'The page does not prove that OpenEMR works, or its certificate is not trusted.',
    'Correct `OPENEMR_HEALTHCHECK_URL` or `OPENEMR_HEALTHCHECK_CA_FILE`.',
  ),
} as const satisfies Record<string, CodeFacts>;
