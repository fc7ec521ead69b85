// Somebody who has no mouse: Tab, Enter, Space and letters only. What has the focus is seen to have it.

const PRESSES_MAX = 200;

export function keyboard(page, findings) {
  const focused = () => page.evaluate(() => {
    const at = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    return { name: at.name || at.id || at.textContent.trim(), value: at.value, tag: at.tagName, ring: outlineStyle !== 'none' && outlineWidth !== '0px' };
  });
  const tabTo = async (wanted) => {
    for (let press = 0; press < PRESSES_MAX; press += 1) {
      await page.keyboard.press('Tab');
      const at = await focused();
      if (at.tag === 'BODY') continue;
      if (!at.ring && at.tag !== 'IFRAME') findings.push(`${page.url()}: nothing shows that "${at.name}" has the focus`);
      if (wanted(at)) return;
    }
    throw new Error(`${page.url()}: no number of tabs leads to ${wanted}`);
  };
  /** Presses Enter on what has the focus, and waits for the page that comes. */
  const enter = async () => {
    const [answer] = await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    return answer;
  };
  return { focused, tabTo, enter };
}
