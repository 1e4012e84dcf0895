// Screen to screen: from the key press in one browser to the text in the other one's page.
const MESSAGES = 500;

/** @param {number[]} sorted @param {number} share */
const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** @param {import('../e2e/pages/app.mjs').App} sender @param {import('../e2e/pages/app.mjs').App} receiver both with the chat open */
export async function latency(sender, receiver) {
  await receiver.page.evaluate(() => {
    globalThis.seenAt = {};
    new MutationObserver((records) => {
      const now = performance.timeOrigin + performance.now();
      for (const node of records.flatMap(({ addedNodes }) => [...addedNodes])) {
        const text = node.querySelector?.('.bubble-text')?.textContent;
        if (text?.startsWith('ping ')) globalThis.seenAt[text] ??= now;
      }
    }).observe(document.querySelector('[role="log"]'), { childList: true, subtree: true });
  });
  const took = [];
  for (let index = 0; index < MESSAGES; index += 1) {
    const text = `ping ${index}`;
    const sentAt = await sender.composer().evaluate((field, value) => {
      field.value = value;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      return new Promise((resolve) => setTimeout(() => {
        const now = performance.timeOrigin + performance.now();
        field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', code: 'Enter', bubbles: true, cancelable: true }));
        resolve(now);
      }));
    }, text);
    const seen = await receiver.page.waitForFunction((key) => globalThis.seenAt[key], text, { polling: 2 });
    took.push((await seen.jsonValue()) - sentAt);
  }
  took.sort((a, b) => a - b);
  return { messages: MESSAGES, p50: percentile(took, 0.5), p99: percentile(took, 0.99), max: took.at(-1) };
}
