// From the first request to a page that is painted, and to an app that runs: 10 Mbit/s and 40 ms, cold and warm.
const BYTES_A_SECOND = 10_000_000 / 8;
const LATENCY_MS = 40;

/** @param {import('../e2e/fixtures/user.mjs').User} user an open, fresh profile */
export async function startup(user) {
  const { page } = user.app;
  const session = await user.context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: LATENCY_MS, downloadThroughput: BYTES_A_SECOND, uploadThroughput: BYTES_A_SECOND });
  await user.context.addInitScript(() => {
    addEventListener('TrunkApplicationStarted', () => { globalThis.appStartedAt = performance.now(); });
  });
  const visit = async () => {
    await user.app.visit();
    await page.waitForFunction(() => globalThis.appStartedAt !== undefined);
    return page.evaluate(() => ({
      painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
      usable: globalThis.appStartedAt,
    }));
  };
  const cold = await visit();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const warm = await visit();
  return { coldPainted: cold.painted, coldUsable: cold.usable, warmPainted: warm.painted, warmUsable: warm.usable };
}
