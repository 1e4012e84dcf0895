// A runner whose results are misread would hide what fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cargoCounts, nextestCounts, nodeCounts } from './counts.mjs';

test('cargo test: every binary adds up', () => {
  const output = 'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n'
    + 'test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n';
  assert.deepEqual(cargoCounts(output), { passed: 7, failed: 2 });
});

test('cargo nextest: failed and timed out both count', () => {
  const output = '     Summary [   1.23s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 3 skipped\n';
  assert.deepEqual(nextestCounts(output), { passed: 9, failed: 3 });
  assert.deepEqual(nextestCounts('     Summary [   0.01s] 1 test run: 1 passed, 0 skipped\n'), { passed: 1, failed: 0 });
});

test('node --test: both of its reporters', () => {
  assert.deepEqual(nodeCounts('ℹ tests 5\nℹ suites 0\nℹ pass 4\nℹ fail 1\n'), { passed: 4, failed: 1 });
  assert.deepEqual(nodeCounts('# tests 2\n# pass 2\n# fail 0\n'), { passed: 2, failed: 0 });
});

test('no output is no test', () => {
  for (const counts of [cargoCounts, nextestCounts, nodeCounts]) assert.deepEqual(counts('error: could not compile'), { passed: 0, failed: 0 });
});
