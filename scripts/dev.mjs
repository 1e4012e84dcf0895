// The edit-reload loop: an unoptimised app that trunk rebuilds and reloads on every change, beside a relay.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { root, target } from './lib/paths.mjs';
import { main, run, step } from './lib/run.mjs';

// Not the port of `npm start`: its service worker would serve the built app here, too.
const APP = '127.0.0.1:8081';
const RELAY = '127.0.0.1:8082';

await main(async () => {
  const { wasm } = await setup();
  await step('Build the relay (about 3 min the first time)', () => run('dev-relay', 'cargo', ['build', '-p', 'volly-relay']));
  const start = (command, args, env = {}) => spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const data = join(target, 'dev-data');
  const relay = start(join(target, 'debug', 'volly-relay'), ['serve', '--listen', RELAY, '--data', data]);
  const [address, port] = APP.split(':');
  const trunk = start('trunk', ['serve', '--offline', '--address', address, '--port', port, '--dist', join(target, 'dev-dist'), '--proxy-backend', `http://${RELAY}/bootstrap.json`], wasm);
  const stop = () => [relay, trunk].forEach((child) => child.kill('SIGTERM'));
  process.on('SIGINT', stop).on('SIGTERM', stop);
  // One without the other is of no use.
  await Promise.race([relay, trunk].map((child) => new Promise((resolve) => child.on('close', resolve))));
  stop();
});
