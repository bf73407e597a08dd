'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { publish } = require('./cache.js');
const { run } = require('./run.js');
const versions = require('./versions.js');

/** A reference to the definitions of all, from another file of the package or from one of them. */
const reference = /"\$ref": ?"(?:\/api\/_definitions\.json)?#\/\$defs\/([^"]+)"/g;

/** Whatever a text refers to, and what that refers to in its turn. */
function reached(text, texts, found = new Set()) {
  for (const [, name] of text.matchAll(reference))
    if (!found.has(name)) {
      found.add(name);
      reached(texts.get(name), texts, found);
    }
  return found;
}

/** A schema that refers to nothing outside itself, as kubeconform takes it. */
function selfContained(text, texts) {
  const own = (each) => JSON.parse(each.replace(reference, '"$$ref":"#/definitions/$1"'));
  const definitions = [...reached(text, texts)].map((name) => [name, own(texts.get(name))]);
  const $schema = 'http://json-schema.org/draft-07/schema#';
  return JSON.stringify({ ...own(text), $schema, definitions: Object.fromEntries(definitions) });
}

/** The schemas of one version of Kubernetes, a file for each kind. */
function writeSchemas(source, folder) {
  const { $defs } = JSON.parse(fs.readFileSync(path.join(source, '_definitions.json'), 'utf8'));
  const texts = new Map(Object.entries($defs).map(([name, schema]) => [name, JSON.stringify(schema)]));
  fs.mkdirSync(folder);
  for (const kind of versions.kubernetesKinds) {
    const text = fs.readFileSync(path.join(source, `${kind}.json`), 'utf8');
    fs.writeFileSync(path.join(folder, `${kind}.json`), selfContained(text, texts));
  }
}

/** Unpacks one folder of a package: the whole of it is seventeen thousand files. */
const unpack = `import glob, sys, zipfile
folder, inside = sys.argv[1:]
with zipfile.ZipFile(glob.glob(folder + "/*.whl")[0]) as package:
    package.extractall(folder, [name for name in package.namelist() if name.startswith(inside)])
`;

/**
 * The strict schemas of the kinds of the Helm chart for each version of Kubernetes that it is checked against. They come in
 * a Python package, which made them from the OpenAPI document of that version.
 */
async function fetchSchemas(target, log) {
  await publish(target, async (folder) => {
    const beside = fs.mkdtempSync(path.join(os.tmpdir(), 'schemas-'));
    try {
      const what = `kubernetes-validate==${versions.kubernetesSchemas}`;
      const quiet = ['--disable-pip-version-check', '--no-input', '--no-deps', '--only-binary', ':all:'];
      await run('python3', ['-m', 'pip', 'download', ...quiet, '--dest', beside, what], { log });
      for (const version of versions.kubernetesChecked) {
        const inside = `kubernetes_validate/kubernetes-json-schema/v${version}-local-strict/`;
        await run('python3', ['-c', unpack, beside, inside], { log });
        writeSchemas(path.join(beside, inside), path.join(folder, `v${version}`));
      }
    } finally {
      fs.rmSync(beside, { recursive: true, force: true });
    }
  });
}

module.exports = { fetchSchemas };
