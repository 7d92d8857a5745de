// The page by keyboard, on a narrow screen, and as assistive technology sees it.
import assert from 'node:assert/strict';
import test from 'node:test';

import { eventually } from './support/eventually.mjs';
import { openScene } from './support/scene.mjs';

const focused = (page) => page.evaluate(() => {
  const { activeElement: element } = document;
  return element.getAttribute('aria-label') ?? element.textContent.trim();
});

test('a connection, its views and its frames are reached by keyboard', async (context) => {
  const { server, app, inspector } = await openScene(context);
  const { page } = inspector;
  await app.connect('other', `${server.url}/other`);
  await app.send('other', 'hello');
  const list = page.getByRole('listbox', { name: 'Connections' });
  await inspector.connections('/other').waitFor();
  await list.focus();
  await page.keyboard.press('ArrowDown');
  await inspector.heading('/other').waitFor();
  await page.keyboard.press('Enter');

  await page.getByRole('tab', { name: 'Frames' }).focus();
  await page.keyboard.press('ArrowRight');
  await inspector.panel('Details').waitFor();
  await page.keyboard.press('End');
  await inspector.panel('Timeline').waitFor();
  await page.keyboard.press('Home');

  await inspector.table.focus();
  await inspector.rows('↓', 'text').waitFor();
  await page.keyboard.press('End');
  await page.getByText('↓ Received · text #1').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.getByText('↑ Sent · text #1').waitFor();
  await page.keyboard.press('Escape');
  await inspector.payload.waitFor({ state: 'hidden' });
  assert.equal(await focused(page), 'Frames');
});

test('a narrow page shows the list or a connection, and no content is cut at the side', async (context) => {
  const { inspector } = await openScene(context, { page: { viewport: { width: 360, height: 640 } } });
  const { page } = inspector;
  const list = page.getByRole('listbox', { name: 'Connections' });
  await list.waitFor({ state: 'hidden' });
  for (const tab of ['Frames', 'Details', 'Connecting', 'Timeline']) {
    await inspector.openTab(tab);
    await inspector.panel(tab).waitFor();
    const { scrolled, width } = await page.evaluate(() => ({
      scrolled: document.documentElement.scrollWidth, width: innerWidth,
    }));
    assert.ok(scrolled <= width, `${tab} is ${scrolled} pixels wide`);
  }
  await inspector.button('Back to the list').click();
  await list.waitFor();
  await inspector.heading('/chat').waitFor({ state: 'hidden' });
});

test('every control has a name, and ids are unique', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.call('set', { allowsSending: true });
  await inspector.recordPayloads();
  await app.send('chat', '{"a": [1, 2]}');
  await inspector.rows('↓', 'text').click();
  await inspector.page.getByRole('form', { name: 'Send a message' }).waitFor();
  for (const role of ['button', 'textbox', 'searchbox', 'checkbox', 'combobox', 'tab', 'grid', 'listbox', 'tree', 'slider', 'separator']) {
    for (const control of await inspector.page.getByRole(role).all()) {
      const snapshot = await control.ariaSnapshot();
      assert.match(snapshot, new RegExp(`^- ${role}[^\\n]*"`), `a ${role} without a name: ${snapshot}`);
    }
  }
  const ids = await inspector.page.locator('[id]').evaluateAll((elements) => elements.map(({ id }) => id));
  assert.equal(new Set(ids).size, ids.length);
});

test('the colours follow the system, and text has enough contrast', async (context) => {
  const { inspector } = await openScene(context);
  const { page } = inspector;
  const colorsOf = (colorScheme, other) => eventually(async () => {
    const { background, contrast, text } = await page.evaluate(leastContrast);
    assert.notEqual(background, other);
    assert.ok(contrast >= 4.5, `${colorScheme}: “${text}” has a contrast of ${contrast}`);
    return background;
  });
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await colorsOf('light', null);
  await page.emulateMedia({ colorScheme: 'dark' });
  await colorsOf('dark', light);
});

/** In the page: the least contrast (WCAG 2) of its visible texts that are no decoration or disabled. */
function leastContrast() {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b].reduce((sum, value, i) => {
    const part = value / 255;
    return sum + [0.2126, 0.7152, 0.0722][i] * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  const backgroundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return rgba(getComputedStyle(document.body).backgroundColor);
  };
  let least = { contrast: Infinity, text: '' };
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data.trim()).join('');
    if (text === '' || !element.checkVisibility() || element.closest(':disabled, [aria-disabled=true], svg, [aria-hidden=true]')) continue;
    const [a, b] = [rgba(getComputedStyle(element).color), backgroundOf(element)].map(luminance);
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < least.contrast) least = { contrast, text };
  }
  return { ...least, background: String(backgroundOf(document.querySelector('main'))) };
}
