import { expect } from 'chai';
import type { Lab } from '../../../lab';
import { signedFor } from './backends';

/** The account of the lab's stand-in for AWS. */
export const account = '123456789012';

/** The credentials of a role, as variables of a run. */
export interface RoleCredentials {
  AWS_ACCESS_KEY_ID: string;
  AWS_SECRET_ACCESS_KEY: string;
  AWS_SESSION_TOKEN: string;
}

/** Sends a request in the query protocol of IAM and STS; gives the answer's XML. Nobody checks the signature. */
async function query(lab: Lab, service: string, fields: Record<string, string>): Promise<string> {
  const answer = await fetch(lab.aws.endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Authorization: signedFor(service),
    },
    body: new URLSearchParams(fields).toString(),
  });
  const text = await answer.text();
  expect(answer.status, text).to.equal(200);
  return text;
}

/** Makes a role that has just this policy, and a session of it. */
export async function assumeRoleWith(lab: Lab, name: string, policy: unknown): Promise<RoleCredentials> {
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
  };
  const iam = (fields: Record<string, string>): Promise<string> =>
    query(lab, 'iam', { Version: '2010-05-08', ...fields });
  await iam({ Action: 'CreateRole', RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) });
  await iam({
    Action: 'PutRolePolicy',
    RoleName: name,
    PolicyName: 'rotation',
    PolicyDocument: JSON.stringify(policy),
  });
  return assumedRole(lab, `arn:aws:iam::${account}:role/${name}`);
}

/** A session of a role that is there; whom it trusts is not asked. */
export async function assumedRole(lab: Lab, arn: string): Promise<RoleCredentials> {
  const session = await query(lab, 'sts', {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: arn,
    RoleSessionName: 'lab',
  });
  const field = (tag: string): string => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(session)?.[1] ?? '';
  return {
    AWS_ACCESS_KEY_ID: field('AccessKeyId'),
    AWS_SECRET_ACCESS_KEY: field('SecretAccessKey'),
    AWS_SESSION_TOKEN: field('SessionToken'),
  };
}

/** Does something while the stand-in for AWS checks signatures and policies; the lab's own requests are refused then. */
export async function whileEnforced<T>(lab: Lab, work: () => Promise<T>): Promise<T> {
  const enforce = async (firstRequestsFree: string): Promise<void> => {
    const url = `${lab.aws.endpoint}/moto-api/reset-auth`;
    expect((await fetch(url, { method: 'POST', body: firstRequestsFree })).status).to.equal(200);
  };
  await enforce('0');
  try {
    return await work();
  } finally {
    await enforce('inf');
  }
}
