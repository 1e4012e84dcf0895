// Draws the PNG icons from public/icons/icon.svg. They are committed; run this after the mark changes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { browser, chromiumArgs } from './lib/browser.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/run.mjs';

const folder = join(root, 'public', 'icons');
const mark = readFileSync(join(folder, 'icon.svg'), 'utf8');
// A launcher cuts maskable icons to its own shape and keeps a circle of 80 % for sure: no corners, smaller ball.
const bleeding = mark.replace(' rx="116"', '');
const maskable = bleeding.replace('id="ball"', 'transform="translate(51 51) scale(.8)"');
const ICONS = [
  ['icon-192', mark, 192],
  ['icon-512', mark, 512],
  ['maskable-192', maskable, 192],
  ['maskable-512', maskable, 512],
  ['icon-180', bleeding, 180],
];

await main(async () => {
  const instance = await chromium.launch({ executablePath: (await browser()).chromium, args: chromiumArgs });
  const page = await instance.newPage();
  for (const [name, svg, size] of ICONS) {
    await page.setViewportSize({ width: size, height: size });
    await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw}</style>${svg}`);
    await page.screenshot({ path: join(folder, `${name}.png`), omitBackground: true });
  }
  await instance.close();
});
