// Runs every check.
import { spawnSync } from 'node:child_process';
const run = (cmd, args) => { const r = spawnSync(cmd, args, { stdio: 'inherit' }); if (r.status !== 0) process.exit(r.status ?? 1); };
run('cargo', ['fmt', '--check']);
run('cargo', ['test', '-p', 'volly-core', '--no-default-features']);
