/** A test's context → what to do after it, in the order of the calls. */
const actions = new WeakMap();

/** Calls `action` after the test, before those of earlier calls: what was started last ends first. */
export function cleanUp(context, action) {
  if (!actions.has(context)) {
    actions.set(context, []);
    context.after(() => runAll(actions.get(context)));
  }
  actions.get(context).push(action);
}

/** Runs all of them, also after one that fails. Throws the first error. */
async function runAll(list) {
  const errors = [];
  for (const action of list.toReversed()) {
    try {
      await action();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
