// Registers the service worker through the one Trusted Types policy the content security policy allows.
(() => {
  if (!('serviceWorker' in navigator)) return;
  const policy = globalThis.trustedTypes?.createPolicy('volly', {
    createScriptURL(url) {
      if (url !== '/sw.js') throw new TypeError('the only worker is /sw.js');
      return url;
    },
  });
  // After load: the first visit's bandwidth belongs to the app itself.
  addEventListener('load', () => {
    navigator.serviceWorker
      .register(policy ? policy.createScriptURL('/sw.js') : '/sw.js')
      .catch((error) => console.warn('The app will not open offline:', error.message));
  });
})();
