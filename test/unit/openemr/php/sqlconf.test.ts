import { expect } from 'chai';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { tools } from '../../../../lab/package';
import { parseSqlconf, SqlconfRenderError } from '../../../../src/openemr/php/sqlconf';
import type { ParsedSqlconf, ReadableSqlconf } from '../../../../src/openemr/php/sqlconf';
import type { DatabaseLogin } from '../../../../src/rotation/slot';
import { corpus, openemrFile, withPass } from './corpus';
import { effectiveValues, evaluateAll } from './evaluate';
import type { Evaluation } from './evaluate';
import { anyLogin, generateFiles } from './generate';
import type { GeneratedFile } from './generate';
import { mutate } from './mutate';
import { needs } from '../../needs';

const generated = 2500;
const seed = 20260;

describe('sqlconf.php, compared with real PHP', function () {
  this.timeout(180_000);
  needs('php');

  describe('corpus', () => {
    let evaluations: Evaluation[];
    before(() => {
      evaluations = evaluateAll(corpus.map(({ bytes }) => bytes));
    });

    corpus.forEach(({ name, bytes, expected, line, field }, index) => {
      it(`${expected}: ${name}`, () => {
        const parsed = parseSqlconf(bytes);
        expect(parsed.kind, reasons(parsed)).to.equal(expected);
        if (parsed.kind === 'parsed') return expectSame(parsed.login, evaluations[index]);
        const [problem] = parsed.problems;
        expect(problem?.reason)
          .to.match(/^[^\n]+\.$/)
          .and.not.include('open-sesame');
        if (line !== undefined) expect(problem?.line).to.equal(line);
        if (field !== undefined) expect(problem?.field).to.equal(field);
      });
    });

    it('is written with odd values so that PHP reads exactly those', () => {
      const readable = corpus
        .map(({ bytes }) => parseSqlconf(bytes))
        .filter((each) => each.kind === 'parsed');
      const logins = fc.sample(anyLogin, { numRuns: readable.length * 10, seed });
      const cases = logins.map((login, index) => ({
        login:
          readable[index % readable.length]?.check(login).length === 0 ? login : { ...login, port: '3306' },
        parsed: readable[index % readable.length] as ReadableSqlconf,
      }));
      const files = cases.map(({ parsed, login }) => parsed.render(login));
      evaluateAll(files).forEach((evaluation, index) => expectSame(cases[index]?.login, evaluation));
    });
  });

  let files: GeneratedFile[];
  before(() => {
    files = generateFiles(generated, seed);
  });

  it(`reads ${generated} generated files as PHP does, and refuses none of them`, () => {
    const evaluations = evaluateAll(files.map(({ bytes }) => bytes));
    files.forEach(({ bytes, login }, index) => {
      const parsed = parseSqlconf(bytes);
      const context = JSON.stringify(bytes.toString('latin1'));
      expectSame(login, evaluations[index], context);
      expect(parsed.kind, `${reasons(parsed)} ${context}`).to.equal('parsed');
      expect(parsed.kind === 'parsed' && parsed.login, context).to.deep.equal(login);
    });
  });

  it(`changes ${generated} generated files to values that PHP reads back, and no byte beside them`, () => {
    const logins = fc.sample(anyLogin, { numRuns: generated, seed: seed + 2 });
    const rendered = files.map(({ bytes }, index) =>
      (parseSqlconf(bytes) as ReadableSqlconf).render(at(logins, index)),
    );
    evaluateAll(rendered).forEach((evaluation, index) => {
      const context = JSON.stringify(rendered[index]?.toString('latin1'));
      expectSame(logins[index], evaluation, context);
      expect(onlyLiteralsDiffer(at(rendered, index), at(files, index).frame), context).to.equal(true);
      expect(parseSqlconf(at(rendered, index)), context).to.deep.include({ login: logins[index] });
    });
  });

  it('never believes a damaged file more than PHP does', () => {
    const damaged = mutate(files, seed + 4);
    const parsed = damaged.map((bytes) => ({ bytes, result: parseSqlconf(bytes) })).filter(isParsed);
    expect(parsed.length).to.be.greaterThan(damaged.length / 10);
    const evaluations = evaluateAll(parsed.map(({ bytes }) => bytes));
    // What stops when it is run, such as a constant that nobody defined, has no values to differ from.
    const runtimeErrors = ['Error', 'TypeError', 'ArgumentCountError', 'ValueError'];
    parsed.forEach(({ bytes, result }, index) => {
      if (runtimeErrors.includes(evaluations[index]?.error ?? '')) return;
      expectSame(result.login, evaluations[index], JSON.stringify(bytes.toString('latin1')));
    });
  });
});

describe('sqlconf.php, rendering', () => {
  const parsed = parseSqlconf(Buffer.from(openemrFile)) as ReadableSqlconf;
  const passwords = [
    "'",
    '"',
    '\\',
    '$',
    '%',
    ';',
    '\n',
    '\\1',
    '${x}',
    '<?php',
    '?>',
    'pässwörd',
    '\0',
    "\\'",
    '{$x}',
  ];

  for (const password of passwords) {
    it(`keeps ${JSON.stringify(password)} in either kind of quotes`, () => {
      for (const line of ["$pass = 'x';", '$pass = "x";']) {
        const file = parseSqlconf(Buffer.from(withPass(line))) as ReadableSqlconf;
        const again = parseSqlconf(file.render({ ...file.login, password })) as ReadableSqlconf;
        expect(again.login).to.deep.equal({ ...file.login, password });
      }
    });
  }

  it('gives back the very same bytes when the login is the same', () => {
    expect(parsed.render(parsed.login)).to.deep.equal(Buffer.from(openemrFile));
  });

  it('keeps the kind of quotes, and a number a number', () => {
    const text = `<?php $host="h"; $port=3306; $login='l'; $pass="p"; $dbase='d';`;
    const file = parseSqlconf(Buffer.from(text)) as ReadableSqlconf;
    const next = { host: 'a"b', port: '3307', username: "it's", password: '$p', dbname: '\\' };
    expect(file.render(next).toString()).to.equal(
      `<?php $host="a\\"b"; $port=3307; $login='it\\'s'; $pass="\\$p"; $dbase='\\\\';`,
    );
    expect(file.render({ ...next, port: '007' }).toString()).to.include(`$port='007';`);
  });

  it('says before a change that there is no place for a port', () => {
    const file = parseSqlconf(Buffer.from(openemrFile.replace("$port   = '3306';\n", ''))) as ReadableSqlconf;
    expect(file.portIsWritable).to.equal(false);
    expect(file.login.port).to.equal('3306');
    expect(file.check(file.login)).to.deep.equal([]);
    const other = { ...file.login, port: '3307' };
    expect(file.check(other)).to.have.length(1).and.have.nested.property('[0].field', 'port');
    expect(() => file.render(other)).to.throw(SqlconfRenderError);
  });

  it('refuses a value that no text can hold, and does not tell it', () => {
    const login = { ...parsed.login, password: 'canary\ud800' };
    expect(parsed.check(login)).to.have.length(1).and.have.nested.property('[0].field', 'pass');
    expect(() => parsed.render(login))
      .to.throw(SqlconfRenderError)
      .with.property('message')
      .that.does.not.include('canary');
  });
});

describe('sqlconf.php, what it says of a file that it cannot change', () => {
  const problemsOf = (text: string) => {
    const file = parseSqlconf(Buffer.from(text));
    return file.kind === 'refused' ? file.problems : [];
  };

  // The installer writes the values as they are.
  describe('beside real PHP', () => {
    needs('php');
    for (const password of ["it's", "it's 'so'", "'", "a'b'c", "'; x", 'a\\']) {
      it(`a quote that the installer did not escape (${password}): the line where PHP sees it`, () => {
        const text = withPass(`$pass   = '${password}';`);
        const { stdout, stderr } = spawnSync(tools().php, ['-l', '-d', 'display_errors=1'], {
          input: text,
          encoding: 'utf8',
        });
        const line = /on line (\d+)/.exec(stdout + stderr)?.[1];
        expect(line).to.not.equal(undefined);
        const [problem] = problemsOf(text);
        // PHP counts a text that goes on over lines where it ends; where it begins is nearer to the quote.
        expect(problem?.line).to.be.oneOf([Number(line), 11]);
        expect(problem?.reason).to.include('may lack the backslash');
      });
    }
  });

  it('a login from outside: one sentence with the cure, not one for each value', () => {
    const names = ['host', 'port', 'login', 'pass', 'dbase'];
    const from = (expression: (name: string) => string): string =>
      `<?php\n${names.map((name) => `$${name} = ${expression(name)};`).join('\n')}`;
    const cases: [string, RegExp][] = [
      [from((name) => `getenv('DB_${name}') ?: 'x'`), /comes from the environment/],
      [from((name) => `$_ENV['DB_${name}']`), /comes from the environment/],
      [from((name) => `(string) ($_SERVER['DB_${name}'] ?? '')`), /comes from the environment/],
      [from((name) => `trim(file_get_contents('/run/${name}'))`), /comes from another file/],
    ];
    for (const [text, reason] of cases) {
      const problems = problemsOf(text);
      expect(problems).to.have.length(1);
      expect(problems[0]?.reason)
        .to.match(reason)
        .and.match(/write its five values into this file/);
      expect(problems[0]?.line).to.equal(2);
    }
  });

  it('UTF-16: named', () => {
    const file = parseSqlconf(Buffer.from(`\ufeff${openemrFile}`, 'utf16le'));
    expect(file.kind === 'refused' && file.problems[0]?.reason).to.match(/UTF-16.*save it as UTF-8/);
  });
});

describe('sqlconf.php, hostile files', () => {
  const hostile: Record<string, string> = {
    brackets: `<?php $a = ${'('.repeat(60_000)}`,
    arrays: `<?php $a = ${'['.repeat(60_000)}`,
    operators: `<?php $a = ${"'a'.".repeat(15_000)}'a';`,
    blocks: `<?php ${'{'.repeat(60_000)}`,
    dollars: `<?php ${'$'.repeat(60_000)}`,
    quotes: `<?php ${'"'.repeat(60_001)}`,
    backslashes: `<?php $a = "${'\\'.repeat(60_001)}`,
    interpolations: `<?php $a = "${'{$'.repeat(30_000)}`,
    comments: `<?php ${'/*'.repeat(30_000)}`,
    tags: `${'<?php ?>'.repeat(8_000)}`,
    ternaries: `<?php $a = ${'1?'.repeat(30_000)}`,
    functions: `<?php $a = ${'fn()=>'.repeat(10_000)}1;`,
    assignments: `<?php ${'$a=1;'.repeat(10_000)}`,
    noise: Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * 7919) % 256)).toString('latin1'),
    large: ' '.repeat(65_537),
  };
  for (const [name, text] of Object.entries(hostile)) {
    it(`refuses many ${name} in time`, function () {
      this.timeout(30_000);
      expect(parseSqlconf(Buffer.from(text, 'latin1')).kind).to.equal('refused');
    });
  }
});

function expectSame(
  login: DatabaseLogin | undefined,
  evaluation: Evaluation | undefined,
  context = '',
): void {
  const values = evaluation && effectiveValues(evaluation);
  if (!login || !values) expect.fail(`PHP gives no values: ${evaluation?.error ?? 'they differ'} ${context}`);
  const text = (value: string | null): string => Buffer.from(value ?? '', 'latin1').toString('utf8');
  expect(login, context).to.deep.equal({
    host: text(values.host),
    port: text(values.port ?? '3306'),
    username: text(values.login),
    password: text(values.pass),
    dbname: text(values.dbase),
  });
}

/** True if the file is the frame with one whole PHP literal in each of its openings. */
function onlyLiteralsDiffer(file: Buffer, frame: readonly Buffer[]): boolean {
  let rest = file.toString('latin1');
  return frame.every((part, index) => {
    const literal =
      index === 0 ? '' : (/^(?:'(?:[^\\']|\\[^])*'|"(?:[^\\"]|\\[^])*"|[0-9]+)/.exec(rest)?.[0] ?? '');
    rest = rest.slice(literal.length);
    const text = part.toString('latin1');
    if (!rest.startsWith(text)) return false;
    rest = rest.slice(text.length);
    return index < frame.length - 1 || rest === '';
  });
}

function reasons(parsed: ParsedSqlconf): string {
  return parsed.kind === 'refused' ? parsed.problems.map(({ reason }) => reason).join(' ') : '';
}

function isParsed(each: {
  bytes: Buffer;
  result: ParsedSqlconf;
}): each is { bytes: Buffer; result: ReadableSqlconf } {
  return each.result.kind === 'parsed';
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`no item ${index}`);
  return item;
}
