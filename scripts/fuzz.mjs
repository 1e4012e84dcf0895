// Feeds mutated bytes to every decoder of the core: `npm run fuzz -- --cases 1000000 --only content --seed 7`.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { root } from './lib/paths.mjs';
import { Failure, main } from './lib/run.mjs';

await main(async () => {
  const { values } = parseArgs({ options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' }, only: { type: 'string' } } });
  for (const name of ['cases', 'seed']) if (!/^\d+$/.test(values[name])) throw new Failure(`--${name} takes a whole number`);
  // Its lines come as the targets end: a long campaign takes hours.
  const args = ['run', '--quiet', '--locked', '-p', 'volly-fuzz', '--', values.cases, values.seed, ...(values.only ? [values.only] : [])];
  const { status, error } = spawnSync('cargo', args, { cwd: root, stdio: 'inherit' });
  if (error) throw new Failure(`cargo: ${error.message}`);
  process.exitCode = status ?? 1;
});
