// Installs what a package-lock.json names, unless it is there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, step } from './run.mjs';

/** npm writes what it installed into node_modules/.package-lock.json, in the order of the lock file. @param {string} folder */
function upToDate(folder) {
  const installed = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const [want, have] = [join(folder, 'package-lock.json'), installed].map((path) => JSON.parse(readFileSync(path, 'utf8')).packages);
  return Object.entries(want).every(([path, { version, optional }]) => path === '' || optional || have[path]?.version === version);
}

/** @param {string} folder that has a package.json */
export async function npmPackages(folder) {
  if (!upToDate(folder)) await step('Install npm packages', () => run('npm-ci', 'npm', ['ci'], { cwd: folder }));
}
