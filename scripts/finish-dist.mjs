// Trunk's post_build hook: makes what Trunk staged ready to be served.
//
// Always: copies public/ to the root. In a release build also: makes one style sheet of all, writes the file list into
// sw.js, and puts .br and .gz beside every file. The relay allows Trunk's inline script by its hash.
// Reads TRUNK_STAGING_DIR and TRUNK_PROFILE; touches nothing outside the staging folder.
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { root } from './lib/paths.mjs';

/** What the app itself never asks for: launcher icons and crawlers' files are no part of it. */
const NOT_PRECACHED = /^\/(sw\.js|robots\.txt|icons\/.*\.png)$/;
const INCOMPRESSIBLE = /\.png$/;

/** @param {string} algorithm @param {string | Buffer} bytes @param {'hex' | 'base64'} encoding */
const digest = (algorithm, bytes, encoding) => createHash(algorithm).update(bytes).digest(encoding);

/** @param {string} dir @returns {string[]} Absolute paths of all files, sorted. */
const filesIn = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();

/** Makes one style sheet of all, in their order: the first paint waits for them, and each costs a request. @param {string} dir */
function joinStyles(dir) {
  const page = join(dir, 'index.html');
  const html = readFileSync(page, 'utf8');
  const links = [...html.matchAll(/<link rel="stylesheet" href="\/([\w.-]+)"[^>]*>\s*/g)];
  if (links.length === 0) throw new Error('index.html names no style sheet');
  const sheets = links.map(([, name]) => join(dir, name));
  const css = sheets.map((sheet) => readFileSync(sheet, 'utf8')).join('\n');
  sheets.forEach((sheet) => rmSync(sheet));
  const name = `styles-${digest('sha256', css, 'hex').slice(0, 16)}.css`;
  writeFileSync(join(dir, name), css);
  const link = `<link rel="stylesheet" href="/${name}" integrity="sha384-${digest('sha384', css, 'base64')}"/>\n`;
  const [[first], ...others] = links;
  writeFileSync(page, others.reduce((text, [other]) => text.replace(other, ''), html.replace(first, link)));
}

/** Writes version and file list into sw.js. Integrity makes an install all of one build, or fail. @param {string} dir */
function writePrecacheList(dir) {
  const files = filesIn(dir)
    .map((file) => ({ file, url: `/${relative(dir, file).split(sep).join('/')}` }))
    .filter(({ url }) => !NOT_PRECACHED.test(url))
    .map(({ file, url }) => ({
      url: url === '/index.html' ? '/' : url,
      integrity: `sha256-${digest('sha256', readFileSync(file), 'base64')}`,
    }));
  const worker = join(dir, 'sw.js');
  const source = readFileSync(worker, 'utf8');
  const version = digest('sha256', JSON.stringify(files) + source, 'hex').slice(0, 16);
  const filled = source
    .replace("const VERSION = '';", `const VERSION = '${version}';`)
    .replace('const FILES = [];', `const FILES = ${JSON.stringify(files)};`);
  if (!filled.includes(`'${version}'`) || !filled.includes('"integrity"')) throw new Error('public/sw.js has no place for the list');
  writeFileSync(worker, filled);
}

/** @param {string} dir */
function compress(dir) {
  for (const file of filesIn(dir).filter((name) => !INCOMPRESSIBLE.test(name))) {
    const bytes = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
  }
}

const staging = process.env.TRUNK_STAGING_DIR;
if (!staging) throw new Error('TRUNK_STAGING_DIR is not set: this is a hook of `trunk build`');
cpSync(join(root, 'public'), staging, { recursive: true });
if (process.env.TRUNK_PROFILE === 'release') {
  joinStyles(staging);
  writePrecacheList(staging);
  compress(staging);
}
