// Registers the service worker, and makes key workers, through the one Trusted Types policy that the content security
// policy allows.
(() => {
  const ours = ['/sw.js', '/key-worker.js'];
  const policy = globalThis.trustedTypes?.createPolicy('volly', {
    createScriptURL(url) {
      if (!ours.includes(url)) throw new TypeError('that is no worker of ours');
      return url;
    },
  });
  const address = (url) => policy?.createScriptURL(url) ?? url;
  globalThis.vollyKeyWorker = () => new Worker(address('/key-worker.js'), { type: 'module' });
  if (!('serviceWorker' in navigator)) return;
  // After load: the first visit's bandwidth belongs to the app itself.
  addEventListener('load', () => {
    navigator.serviceWorker
      .register(address('/sw.js'))
      .catch((error) => console.warn('The app will not open offline:', error.message));
  });
})();
