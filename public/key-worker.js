// Runs the app's program once more, beside the page, for slow work with a passphrase. The program does the rest.
addEventListener('message', async ({ data: { module, glue } }) => {
  const { default: start } = await import(glue);
  await start({ module_or_path: module });
}, { once: true });
