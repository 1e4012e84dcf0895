// Serves one build of the app from the cache, whole or not at all.
//
// Install takes every file of the build, each checked against its hash: a mix of two builds cannot be cached. A new
// build waits until no tab of the old one is left, or until the page posts SKIP_WAITING. Only caches named below are
// touched, never IndexedDB: what people wrote is not this file's business.

// Both are written by scripts/finish-dist.mjs; without them (a development build) everything goes to the network.
const VERSION = '';
const FILES = [];

const PREFIX = 'volly-app-';
const CACHE = PREFIX + VERSION;
/** What is never from a cache: the relay's own words about itself. */
const NETWORK_ONLY = new Set(['/bootstrap.json', '/healthz']);

addEventListener('install', (event) => event.waitUntil(install()));
addEventListener('activate', (event) => event.waitUntil(removeOtherBuilds()));
addEventListener('message', (event) => {
  if (event.data?.type === 'SKIP_WAITING') skipWaiting();
});
addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (FILES.length === 0 || event.request.method !== 'GET' || url.origin !== location.origin) return;
  if (NETWORK_ONLY.has(url.pathname)) return;
  event.respondWith(respond(event.request, url.pathname));
});

async function install() {
  try {
    const cache = await caches.open(CACHE);
    await cache.addAll(FILES.map(({ url, integrity }) => new Request(url, { integrity, cache: 'no-cache' })));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

async function removeOtherBuilds() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function respond(request, path) {
  const cache = await caches.open(CACHE);
  // As the relay sees it: what has no dot in its last part is one of the app's own routes.
  const isRoute = request.mode === 'navigate' && !path.split('/').at(-1).includes('.');
  const key = isRoute ? '/' : path;
  return (await cache.match(key, { ignoreVary: true })) ?? fetch(request);
}
