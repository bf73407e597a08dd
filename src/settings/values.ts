import path from 'node:path';
import { isSiteName } from '../openemr/file/siteName';
import { canaryModes } from '../rotation/canary';
import type { OptionType } from './options';

/** Region names of all partitions, such as us-east-1, us-gov-west-1, eusc-de-east-1. */
const region = /^[a-z]{2,5}(-[a-z]{1,12}){1,3}-\d{1,2}$/;
/** What Pulumi seals secrets with beside a passphrase (pulumi.com/docs/iac/concepts/secrets). */
const keyUrl = /^(awskms|azurekeyvault|gcpkms|hashivault):\/\/[^\s?#]+(\?\S*)?$/;
/** Backends that Pulumi knows (pulumi.com/docs/iac/concepts/state-and-backends); it takes any other text for a service. */
const bucketUrl = /^(s3|gs|azblob):\/\/[^\s/?#]+\S*$/;
const serviceUrl = /^(https?|postgres|postgresql):\/\/[^\s/?#]+\S*$/;
/** The engine reads the path of a file:// URL as a URL's: these three characters end or change it. */
const engineFolder = /^\/[^\r\n\0%?#]*$/;

const checks: Record<OptionType, { test: (text: string) => boolean; expected: string }> = {
  region: { test: (text) => region.test(text), expected: 'an AWS region such as us-east-1' },
  url: { test: (text) => /^https?:\/\/\S+$/.test(text) && URL.canParse(text), expected: 'an http(s) URL' },
  seconds: { test: isSeconds, expected: 'a number of seconds up to 86400' },
  limit: {
    test: (text) => isSeconds(text) && Number(text) > 0,
    expected: 'a number of seconds above 0, up to 86400',
  },
  'yes-or-no': { test: (text) => text === 'true' || text === 'false', expected: 'true or false' },
  canary: {
    test: (text) => (canaryModes as readonly string[]).includes(text),
    expected: 'auto, require or off',
  },
  count: { test: (text) => /^[1-9]\d{0,2}$/.test(text), expected: 'a whole number from 1 to 999' },
  folder: { test: isPath, expected: 'an absolute path' },
  home: {
    test: (text) => engineFolder.test(text),
    expected: 'an absolute path without %, ? and #',
  },
  file: { test: isPath, expected: 'an absolute path of a file' },
  'metrics-file': {
    test: (text) => isPath(text) && text.endsWith('.prom'),
    expected: 'an absolute path that ends in .prom',
  },
  'base-url': { test: isBaseUrl, expected: 'an http(s) URL without user, query and fragment' },
  'backend-url': {
    test: (text) => isFolderUrl(text) || bucketUrl.test(text) || serviceUrl.test(text),
    expected: 'file:///folder, s3://bucket, or another backend of Pulumi as a URL',
  },
  'secrets-provider': {
    test: (text) => text === 'passphrase' || keyUrl.test(text),
    expected: 'passphrase, or a key such as awskms://alias/name?region=us-east-1',
  },
  'arn-or-name': {
    test: (text) => /^[A-Za-z0-9/_+=.@:!-]{1,2048}$/.test(text),
    expected: 'an ARN or a name of a secret',
  },
  'kubernetes-name': {
    test: (text) => /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text),
    expected: 'a Kubernetes name',
  },
  'site-name': {
    test: isSiteName,
    expected: 'the name of one folder (letters, digits, dots, dashes, underscores)',
  },
  'stack-name': {
    // A folder of this name lies below home: dots alone would be that folder or the one above it.
    test: (text) => /^[A-Za-z0-9_.-]{1,100}$/.test(text) && !/^\.+$/.test(text),
    expected: 'a Pulumi stack name',
  },
};

function isSeconds(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text) && Number(text) <= 86_400;
}

function isPath(text: string): boolean {
  return path.isAbsolute(text) && !/[\r\n\0]/.test(text);
}

function isBaseUrl(text: string): boolean {
  if (!/^https?:\/\/\S+$/.test(text) || !URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === '';
}

function isFolderUrl(text: string): boolean {
  if (!text.startsWith('file://')) return false;
  const [folder = '', ...query] = text.slice('file://'.length).split('?');
  return engineFolder.test(folder) && query.length <= 1 && !/[\s#]/.test(query.join(''));
}

/** What the value of an option of this type must be, in a few words. */
export function expectedOf(type: OptionType): string {
  return checks[type].expected;
}

/** Whether a text is a value of this type. */
export function isValue(type: OptionType, text: string): boolean {
  return checks[type].test(text);
}
