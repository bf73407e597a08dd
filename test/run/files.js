'use strict';

/** Test files: which one a name means, and which of them reach a compiled module. */

const fs = require('node:fs');
const path = require('node:path');

/** The folder of the package: this file lies in test/run. */
const ROOT = path.join(__dirname, '..', '..');

/** A name that means no test file; told to the user as it is. */
class UsageError extends Error {}

/** Where the tests of each kind lie. */
const FOLDERS = { unit: ['test/unit'], lab: ['test/lab', 'test/faults'] };

/** All files below a folder whose names end like this, as paths from the root of the package, in order. */
function filesBelow(folder, ending) {
  const absolute = path.join(ROOT, folder);
  if (!fs.existsSync(absolute)) return [];
  return fs
    .readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** The compiled file of a source. */
function compiled(source) {
  return path.join('dist', source.replace(/\.ts$/, '.js'));
}

/** The tests of a kind, as compiled files. */
function allTests(kind) {
  return FOLDERS[kind].flatMap((folder) => filesBelow(folder, '.test.ts')).map(compiled);
}

/** The other kind, when its folders hold this source. */
function otherKind(kind, source) {
  return Object.keys(FOLDERS).find(
    (other) => other !== kind && FOLDERS[other].some((folder) => `${source}/`.startsWith(`${folder}/`)),
  );
}

/**
 * The compiled test files that a word of the command line means: a source, a compiled file, or a folder of either.
 *
 * @param {'unit' | 'lab'} kind
 * @param {string} word
 * @param {string} from the folder that the word is relative to
 * @throws UsageError when it means none of this kind
 */
function testsOf(kind, word, from) {
  const source = path
    .relative(ROOT, path.resolve(from, word))
    .replace(/^dist\//, '')
    .replace(/\.js$/, '.ts');
  const found = allTests(kind).filter(
    (file) => file === compiled(source) || file.startsWith(`${path.join('dist', source)}/`),
  );
  if (found.length > 0) return found;
  const other = otherKind(kind, source);
  if (other !== undefined) {
    throw new UsageError(`${word} is not one of these tests: run npm run test:${other} -- ${word}`);
  }
  const name = path.basename(source, '.ts').replace(/\.test$/, '');
  const alike = filesBelow('test', '.test.ts').filter((file) => path.basename(file, '.test.ts') === name);
  const hint = alike.length > 0 ? `; there is ${alike.join(', ')}` : '';
  throw new UsageError(`${word} is neither a test file nor a folder of tests${hint}.`);
}

/** The compiled modules of the package that a compiled file loads by a path. */
function loadedBy(file) {
  const text = fs.readFileSync(path.join(ROOT, file), 'utf8');
  const names = [...text.matchAll(/(?:require|import)\("(\.{1,2}\/[^"]+)"\)/g)].map(([, name]) => name);
  return names
    .map((name) => path.join(path.dirname(file), name))
    .flatMap((name) => [name, `${name}.js`, path.join(name, 'index.js')])
    .filter((name) => name.endsWith('.js') && fs.existsSync(path.join(ROOT, name)));
}

/**
 * The changed files and all that load one of them, however far away.
 *
 * @param {string[]} files all compiled files
 * @param {Iterable<string>} changed those of them that are new or other than before
 */
function reaching(files, changed) {
  const loaders = new Map();
  for (const file of files) {
    for (const name of loadedBy(file)) loaders.set(name, [...(loaders.get(name) ?? []), file]);
  }
  const reached = new Set(changed);
  for (const file of reached) for (const loader of loaders.get(file) ?? []) reached.add(loader);
  return reached;
}

module.exports = { ROOT, UsageError, allTests, filesBelow, reaching, testsOf };
