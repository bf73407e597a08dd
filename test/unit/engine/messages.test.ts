import { expect } from 'chai';
import type { Failure } from '../../../src/base/failure';
import { engineFailure } from '../../../src/engine/failure';
import { awsFailure } from '../../../src/aws/awsFailure';
import { connectFailure, LoginTriesUsedUp, statementFailure } from '../../../src/mysql/databaseErrors';

/** What somebody can do about it, as the messages say it. */
const cure =
  /\b(run|check|correct|set|give|grant|allow|restore|install|wait|clear|remove|report|enable|renew|raise|free|look|take|name|end|move)\b/i;

const engineTexts = [
  'error: secrets manager of type "cloud": connection refused',
  'error: operation error KMS: Decrypt, AccessDenied',
  'error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE',
  'error: incorrect passphrase',
  'error: failed to load checkpoint: EOF',
  'error: could not create stack: the stack is currently locked by 1 lock(s)',
  'error: the stack is currently locked by 1 lock(s)',
  'error: no resource plugin "aws" found',
  'error: unable to open bucket',
  'error: AccessDenied',
  'error: dial tcp: i/o timeout',
  'error: something new',
];
const awsCodes = [
  ...['ThrottlingException', 'TimeoutError', 'LimitExceededException', 'ExpiredTokenException', ''],
  ...[
    'RequestTimeTooSkewed',
    'CredentialsProviderError',
    'UnrecognizedClientException',
    'InternalServiceError',
  ],
  ...['AccessDeniedException', 'DecryptionFailure', 'InvalidRequestException', 'ResourceNotFoundException'],
];
const statementNumbers = [1819, 3638, 1227, 1142, 1290, 1205, 1040, 1064, 0];
const connectNumbers = [1045, 1226, 1129, 1130, 1040, 1290, 0];

const login = { username: 'u', password: 'canary', host: 'db.example', port: '3306', dbname: 'd' };
const call = { action: 'PutSecretValue', secretId: 'team/slots', region: 'us-east-1' };
const where = { stack: 'prod', backendUrl: 's3://states' };
const answer = (errno: number): Error => Object.assign(new Error('canary'), { errno, code: `ER_${errno}` });

const messages: [string, Failure, RegExp][] = [
  ...engineTexts.map((text): [string, Failure, RegExp] => [
    text,
    engineFailure(new Error(`stderr: ${text}`), where),
    /stack prod in s3:\/\/states|pulumi plugin install|PULUMI_BACKEND_URL/,
  ]),
  ...awsCodes.map((code): [string, Failure, RegExp] => [
    `AWS: ${code || 'no answer'}`,
    awsFailure(call, code, '', undefined),
    /team\/slots/,
  ]),
  ...statementNumbers.map((errno): [string, Failure, RegExp] => [
    `statement: ${errno}`,
    statementFailure(answer(errno), "ALTER USER 'u' IDENTIFIED BY 'canary'", login),
    /db\.example:3306/,
  ]),
  ...connectNumbers.map((errno): [string, Failure, RegExp] => [
    `login: ${errno}`,
    connectFailure(answer(errno), login),
    /db\.example:3306/,
  ]),
  ['login tries used up', new LoginTriesUsedUp(login), /db\.example:3306/],
];

describe('each message says what, where and what to do, in one line, and holds no secret', () => {
  for (const [name, { message }, place] of messages)
    it(name, () => {
      expect(message)
        .to.match(/^\S[^\n]+\.$/)
        .and.to.match(place)
        .and.not.to.include('canary');
      const [, ...rest] = message.split(/[;:.] /);
      expect(rest.join(' '), 'what to do').to.match(cure);
    });
});
