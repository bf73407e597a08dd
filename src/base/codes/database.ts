import { changed, configuration, ill, permission, refused, unreachable } from './cause';
import type { CodeFacts } from './cause';

/** Of the database server, its users and their passwords. */
export const databaseCodes = {
  'database-unreachable': unreachable(
    'The database cannot be reached, or takes no connection now.',
    'Check host, port, security group and NetworkPolicy; run again after a failover.',
  ),
  'database-certificate-untrusted': permission(
    "The database's TLS certificate is not trusted, or TLS ends before the server.",
    'Set `DATABASE_CA_FILE`, or connect to the server itself.',
  ),
  'database-login-refused': permission(
    'The server refuses a login: password, lock, expiry, host or rights on the schema.',
    'Do what the message says for that user.',
  ),
  'database-tries-used-up': unreachable(
    'A login was refused as often as one run may try, so that the account is not locked.',
    'Run again.',
  ),
  'database-connection-limit': ill(
    'A user, or an RDS Proxy, has no connection left.',
    "Raise the user's limits, or wait.",
  ),
  'database-plugin-unusable': configuration(
    'An authentication plugin is not loaded in the server, or not supported by this program.',
    'Load it, or give the user caching_sha2_password.',
  ),
  'database-schema-missing': configuration('The schema does not exist.', 'Correct `dbname` in the secret.'),
  'database-setup-wrong': configuration(
    'The server ends each new connection: its init_connect fails.',
    'Correct that variable of the server.',
  ),
  'database-reader-endpoint': configuration(
    'The endpoint is read-only: a reader, or a writer in a failover.',
    'Name the writer endpoint.',
  ),
  'database-read-only': changed(
    'The server became read-only during the run.',
    'Run again after the failover, or name the writer endpoint.',
  ),
  'database-is-proxy': configuration(
    'The admin secret names an RDS Proxy, behind which connections cannot be told apart.',
    'Name the endpoint of the cluster or instance.',
  ),
  'wrong-target': configuration(
    'Secrets and sqlconf.php name different servers or schemas.',
    'Make them name the same.',
  ),
  'statement-refused': refused('The server refused a statement.', 'Correct the cause and run again.'),
  'admin-login-refused': permission(
    'The database refuses every password of the admin secret.',
    "Set that user's password in the database to the secret's current one, or store the one that works in the secret.",
  ),
  'admin-permission-missing': permission(
    'The admin user lacks a privilege, or an object cannot be changed by it.',
    'Grant what the message names.',
  ),
  'admin-new-password-refused': refused(
    'The database refuses the admin with the new password; the old one was not lost.',
    'Run again to finish.',
  ),
  'admin-user-missing': changed(
    'The user that the admin secret names does not exist.',
    'Name the user that the database has, run again.',
  ),
  'admin-user-in-use': ill('OpenEMR logs in as the admin user.', "Let it name a slot's user, and run again."),
  'account-ambiguous': configuration(
    'There are several accounts of one username.',
    'Keep one, as the message says.',
  ),
  'account-shadowed': ill('An anonymous or wildcard user shadows the login.', 'Remove that user.'),
  'account-of-another-openemr': ill(
    "The standby's user seems to belong to another OpenEMR.",
    'Name another username for that slot.',
  ),
  'account-differs': configuration(
    'The standby user differs from the active one in a way that this tool cannot set.',
    'Do what the message says.',
  ),
  'account-changed-meanwhile': changed(
    'An account was changed by somebody else during the run, or cannot be made like the active one.',
    'Look at it and run again.',
  ),
  'username-too-long': configuration(
    'A username is longer than this server takes.',
    'Name a shorter one in the slot secret.',
  ),
  'password-refused': refused(
    "The server's password policy refused a new password that nothing uses yet.",
    'Correct the policy; the run tries another password first.',
  ),
  'new-login-refused': changed(
    'The database refuses the login that was to be written to sqlconf.php, which was left as it is.',
    'Set that password again with `--sync-db-users`, run again.',
  ),
  'login-in-use': ill('A user whose password is to be set is in use.', 'End what uses it, and run again.'),
  'old-login-in-use': ill(
    'The user of the slot that was left is still in use, so its password was not changed.',
    'End what uses it, and run again to finish.',
  ),
  'dual-password-unsupported': configuration(
    'The server keeps no second password of a user.',
    'Run without `--keep-old-password`.',
  ),
} as const satisfies Record<string, CodeFacts>;
