// Screen to screen: from the key press in one browser to the text in the other one's page.
import { setTimeout } from 'node:timers/promises';
import { percentile } from './median.mjs';

const MESSAGES = 500;

/** Between two messages: what the one before leaves to do, receipts and drawing, is not this one's. */
const PAUSE_MS = 100;

/** @param {import('../e2e/pages/app.mjs').App} sender @param {import('../e2e/pages/app.mjs').App} receiver both with the chat open */
export async function latency(sender, receiver) {
  await receiver.page.evaluate(() => {
    new MutationObserver((records) => {
      const now = performance.timeOrigin + performance.now();
      for (const node of records.flatMap(({ addedNodes }) => [...addedNodes])) {
        const text = node.querySelector?.('.bubble-text')?.textContent;
        if (text === globalThis.awaited?.text) globalThis.awaited.resolve(now);
      }
    }).observe(document.querySelector('[role="log"]'), { childList: true, subtree: true });
  });
  // Looked up once, and nothing polls: the measuring must not take the time it measures.
  const field = await sender.composer().elementHandle();
  const took = [];
  for (let index = 0; index < MESSAGES; index += 1) {
    await setTimeout(PAUSE_MS);
    const text = `ping ${index}`;
    await receiver.page.evaluate((awaited) => { globalThis.awaited = { text: awaited, ...Promise.withResolvers() }; }, text);
    const sentAt = await field.evaluate((field, value) => {
      field.value = value;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      return new Promise((resolve) => globalThis.setTimeout(() => {
        const now = performance.timeOrigin + performance.now();
        field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', code: 'Enter', bubbles: true, cancelable: true }));
        resolve(now);
      }));
    }, text);
    took.push((await receiver.page.evaluate(() => globalThis.awaited.promise)) - sentAt);
  }
  return { p50: percentile(took), p99: percentile(took, 0.99), max: Math.max(...took) };
}
