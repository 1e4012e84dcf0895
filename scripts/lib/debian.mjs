// Packages of Debian and its relatives. As root they are installed; anyone else is told the command.
import { Failure, ask, run } from './run.mjs';

export const hasApt = () => process.platform === 'linux' && ask('apt-get', ['--version']) !== undefined;

/** @param {string} name */
const installed = (name) => ask('dpkg-query', ['-W', '-f', '${Status}', name]) === 'install ok installed';

/**
 * Makes sure packages are there.
 * @param {string[]} packages
 * @param {string} purpose completes "… is needed for"
 */
export async function aptInstall(packages, purpose) {
  const missing = packages.filter((name) => !installed(name));
  if (missing.length === 0) return;
  const args = ['install', '--yes', '--no-install-recommends', ...missing];
  if (process.getuid?.() !== 0) {
    throw new Failure(`${purpose}: please run this once, then start again:\n\n  sudo apt-get update && sudo apt-get ${args.join(' ')}`);
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-update', 'apt-get', ['update'], { env, mayFail: true });
  await run('apt-install', 'apt-get', args, { env });
}
