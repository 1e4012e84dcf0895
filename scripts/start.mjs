// Builds the app and the relay, then runs the relay, which serves the app. Arguments go to `volly-relay serve`.
import { spawn } from 'node:child_process';
import { setup } from './setup.mjs';
import { buildApp, buildRelay } from './lib/build.mjs';
import { relayBinary, root } from './lib/paths.mjs';
import { main } from './lib/run.mjs';

await main(async () => {
  const { wasm } = await setup();
  await buildApp(wasm);
  await buildRelay();
  const relay = spawn(relayBinary, ['serve', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
  // Ctrl+C reaches the relay by itself, as a member of the terminal's group; it decides when it is done.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => relay.kill('SIGTERM'));
  process.exitCode = await new Promise((resolve) => relay.on('close', (code) => resolve(code ?? 1)));
});
