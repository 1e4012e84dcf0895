// Several tabs of one profile: one runs the engine, all work.
import { pair } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';

scenario('a second tab works, and takes over when the first one closes', async (world) => {
  const { alice, bob } = await pair(world);
  const second = await alice.newTab();
  await second.visit();
  await second.openChat('Bob');
  await second.expectTexts(['Hello Alice']);
  await second.send('From the second tab');
  const expected = ['Hello Alice', 'From the second tab'];
  await Promise.all([alice.app, bob.app, second].map((app) => app.expectTexts(expected)));
  await alice.app.send('From the first tab');
  expected.push('From the first tab');
  await Promise.all([alice.app, bob.app, second].map((app) => app.expectTexts(expected)));

  await alice.app.page.close();
  await bob.app.send('Are you still there?');
  expected.push('Are you still there?');
  await second.expectTexts(expected);
  await second.send('I am');
  expected.push('I am');
  await Promise.all([bob.app, second].map((app) => app.expectTexts(expected)));
});
